// wander, which tests/bench/scale_nomad.py measures beside: the published module and its one call.
package main

import (
	"os"

	"github.com/robinovitch61/wander/cmd"
)

func main() {
	if cmd.Execute() != nil {
		os.Exit(1)
	}
}
