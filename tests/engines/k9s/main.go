// k9s from its published module, for tests/bench/scale.py to be measured beside.
package main

import "github.com/derailed/k9s/cmd"

func main() { cmd.Execute() }
