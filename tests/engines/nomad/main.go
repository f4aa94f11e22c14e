// A Nomad agent and its command line for the tests: the published module behind the few lines of
// main that a module does not export. Built without the release tag, so the mock driver is in it.
package main

import (
	"fmt"
	"os"

	// Nomad starts itself again as a helper beside each task, and these decide so in init().
	_ "github.com/hashicorp/nomad/client/allocrunner/taskrunner/getter"
	_ "github.com/hashicorp/nomad/client/logmon"
	_ "github.com/hashicorp/nomad/drivers/docker/docklog"
	_ "github.com/hashicorp/nomad/drivers/shared/executor"

	"github.com/hashicorp/nomad/command"
	"github.com/mitchellh/cli"
)

func main() {
	meta := command.Meta{Ui: &cli.BasicUi{Reader: os.Stdin, Writer: os.Stdout, ErrorWriter: os.Stderr}}
	nomad := &cli.CLI{Name: "nomad", Args: os.Args[1:], Commands: command.Commands(&meta, meta.Ui)}
	status, err := nomad.Run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(status)
}
