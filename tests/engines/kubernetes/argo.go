package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

var definedName = regexp.MustCompile(`(?m)^  name: (\w+)\.argoproj\.io$`)

// Argo Rollouts' definitions, as its module ships them, and its controller, a program of its own.
func (c *cluster) startArgo(controller *process) error {
	files, _ := filepath.Glob(filepath.Join(c.argoDefinitions, "*.yaml"))
	if len(files) == 0 {
		return fmt.Errorf("no definitions of Argo Rollouts in %q", c.argoDefinitions)
	}
	plurals := []string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name := definedName.FindSubmatch(text)
		if name == nil {
			return fmt.Errorf("%s defines nothing of argoproj.io", file)
		}
		plurals = append(plurals, string(name[1]))
		if err := c.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", string(text)); err != nil {
			return fmt.Errorf("%s: %v", file, err)
		}
	}
	for _, plural := range plurals {
		if err := c.await("/apis/argoproj.io/v1alpha1/" + plural); err != nil {
			return err
		}
	}
	return controller.start(false)
}

func (c *cluster) argoPart() *process {
	return &process{name: "rollouts", program: c.argo, log: c.sub("log", "rollouts.log"),
		args: []string{"-kubeconfig", c.sub("pki/system.kubeconfig")}}
}
