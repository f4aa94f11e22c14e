package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

type options struct {
	folder, nodes, stopAfter, readyAfter string
	heartbeat, nodeGrace, evict          time.Duration
	argo, argoDefinitions                string
}

// Starts a cluster in a folder, says "ready" on stdout, then obeys one command a line
// ("SERIAL VERB ARGUMENT…", answered by "SERIAL ok …" or "SERIAL error …") until stdin closes.
func up(args []string) {
	c := &cluster{}
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	flags.StringVar(&c.folder, "folder", "", "where everything goes (must exist)")
	flags.StringVar(&c.nodes, "nodes", "4", "how many nodes")
	flags.StringVar(&c.readyAfter, "ready-after", "300ms", "from a pod's assignment to Running and Ready")
	flags.StringVar(&c.stopAfter, "stop-after", "200ms", "from a pod's deletion to its end")
	flags.DurationVar(&c.heartbeat, "heartbeat", time.Second, "between two signs of life of a node")
	flags.DurationVar(&c.nodeGrace, "node-grace", 4*time.Second, "silence after which a node is Unknown")
	flags.DurationVar(&c.evict, "evict-after", 6*time.Second, "from there to the eviction of its pods")
	flags.StringVar(&c.argo, "argo", "", "binary of Argo Rollouts' controller")
	flags.StringVar(&c.argoDefinitions, "argo-definitions", "", "folder of its custom resource definitions")
	flags.Parse(args)
	if c.folder == "" {
		fail("up: -folder is missing")
	}
	c.signals = make(chan os.Signal, 1)
	signal.Notify(c.signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	c.lines = make(chan string)
	go func() {
		input := bufio.NewScanner(os.Stdin)
		for input.Scan() {
			c.lines <- input.Text()
		}
		close(c.lines)
	}()
	err := c.start()
	if err == nil {
		fmt.Println("ready")
		err = c.obey()
	}
	for _, p := range c.parts {
		p.stop(syscall.SIGKILL, 0)
	}
	if err != nil {
		fail("up: %v", err)
	}
}

// Until stdin closes or a signal comes (nil), or a part ends that should run.
func (c *cluster) obey() error {
	tick := time.NewTicker(200 * time.Millisecond)
	for {
		select {
		case line, more := <-c.lines:
			if !more {
				return nil
			}
			words := strings.Fields(line)
			if len(words) < 2 {
				fmt.Println("0 error a line is: SERIAL VERB ARGUMENT…")
				continue
			}
			answer, err := c.do(words[1], words[2:])
			if err != nil {
				fmt.Println(words[0], "error", err)
			} else {
				fmt.Println(words[0], "ok", answer)
			}
		case <-c.signals:
			return nil
		case <-tick.C:
			if err := c.look(); err != nil {
				return err
			}
		}
	}
}

// Fails when a part has ended that should run.
func (c *cluster) look() error {
	for _, p := range c.parts {
		select {
		case err := <-p.ended:
			if p.wanted {
				p.wanted = false
				return fmt.Errorf("%s ended: %v\n%s", p.name, err, p.tail())
			}
		default:
		}
	}
	return nil
}

func (c *cluster) do(verb string, args []string) (string, error) {
	switch {
	case verb == "stop" && len(args) == 1:
		p, err := c.find(args[0])
		if err == nil {
			p.stop(syscall.SIGTERM, 3*time.Second)
		}
		return "", err
	case verb == "start" && len(args) == 1:
		p, err := c.find(args[0])
		if err != nil || p.wanted {
			return "", err
		}
		if err = p.start(false); err == nil && p.name == "apiserver" {
			err = c.await("/readyz")
		}
		return "", err
	case verb == "rotate" && len(args) == 1:
		for i, who := range identities {
			if who.name == args[0] {
				old, _ := os.ReadFile(c.sub(who.name + ".token"))
				c.writeToken(i)
				return "", c.awaitRefusal(string(old))
			}
		}
		return "", fmt.Errorf("nobody is called %q", args[0])
	case verb == "silence" || verb == "return" || verb == "truth":
		return c.kubelets.ask(verb, args)
	}
	return "", fmt.Errorf("no such command: %s %s", verb, strings.Join(args, " "))
}

func (c *cluster) find(name string) (*process, error) {
	for _, p := range c.parts {
		if p.name == name && p.stdin == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no part is called %q", name)
}
