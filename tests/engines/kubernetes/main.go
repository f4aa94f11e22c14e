// A whole Kubernetes control plane in one program, for tests: the published API server, controller
// manager, scheduler, etcd and kubectl linked as libraries, and nodes of our own that run nothing.
//
// `up` starts all of them on 127.0.0.1; the others are what it runs, each a process of its own, so
// that a test can stop one.
package main

import (
	"fmt"
	"os"

	flags "k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	if len(os.Args) < 2 {
		fail("usage: control-plane up|kubectl|etcd|apiserver|controller-manager|scheduler|kubelets ARGS")
	}
	part := os.Args[1]
	os.Args = append([]string{part}, os.Args[2:]...)
	switch part {
	case "up":
		up(os.Args[1:])
	case "etcd":
		runEtcd(os.Args[1:])
	case "kubelets":
		runKubelets(os.Args[1:])
	case "kubectl":
		// Not NewDefaultKubectlCommand: a test must not meet the plugins and settings of this machine.
		if err := cli.RunNoErrOutput(kubectl.NewKubectlCommand(kubectl.KubectlOptions{
			ConfigFlags: flags.NewConfigFlags(true),
			IOStreams:   flags.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		})); err != nil {
			util.CheckErr(err)
		}
	case "apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "controller-manager":
		os.Exit(cli.Run(manager.NewControllerManagerCommand()))
	case "scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	default:
		fail("control-plane: no part named %q", part)
	}
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
