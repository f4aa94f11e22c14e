package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// One part of the cluster: this program again, under another name, or a controller's own binary.
type process struct {
	name    string
	program string
	args    []string
	command *exec.Cmd
	stdin   io.WriteCloser
	replies *bufio.Reader // of a part that talks; the others write into their log
	log     string
	ended   chan error
	wanted  bool
}

// It ends with this process whatever happens: the kernel sees to that, which is why everything is
// started from the main thread.
func (p *process) start(talks bool) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.command = exec.Command(p.program, p.args...)
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p.command.Stdout, p.command.Stderr = log, log
	if talks {
		p.command.Stdout = nil
		stdout, err := p.command.StdoutPipe()
		if err != nil {
			return err
		}
		p.replies = bufio.NewReader(stdout)
		if p.stdin, err = p.command.StdinPipe(); err != nil {
			return err
		}
	}
	if err := p.command.Start(); err != nil {
		return err
	}
	p.wanted = true
	p.ended = make(chan error, 1)
	go func(command *exec.Cmd, ended chan error) { ended <- waitFor(command) }(p.command, p.ended)
	return nil
}

// Wait would close the pipe of a part that talks before its reader is done.
func waitFor(command *exec.Cmd) error {
	state, err := command.Process.Wait()
	if err == nil && !state.Success() {
		err = fmt.Errorf("%s", state)
	}
	return err
}

func (p *process) stop(signal syscall.Signal, patience time.Duration) {
	if !p.wanted {
		return
	}
	p.wanted = false
	p.command.Process.Signal(signal)
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.command.Process.Kill()
		<-p.ended
	}
}

// What it said last, for people.
func (p *process) tail() string {
	text, _ := os.ReadFile(p.log)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// A port that was free a moment ago.
func freePort() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail("no free port: %v", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func portOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		fail("%v", err)
	}
	return parsed.Port()
}

// Waits until a part that talks says exactly this line.
func (p *process) hear(line string) error {
	text, err := p.replies.ReadString('\n')
	if err != nil {
		return fmt.Errorf("%s: %v", p.name, err)
	}
	if strings.TrimSpace(text) != line {
		return fmt.Errorf("%s says %q", p.name, text)
	}
	return nil
}

// One command to a part that talks, and its answer.
func (p *process) ask(verb string, args []string) (string, error) {
	fmt.Fprintln(p.stdin, strings.Join(append([]string{verb}, args...), " "))
	text, err := p.replies.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s: %v", p.name, err)
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if word != "ok" {
		return "", fmt.Errorf("%s", rest)
	}
	return rest, nil
}
