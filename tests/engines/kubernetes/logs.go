package main

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Serves /containerLogs/NAMESPACE/POD/CONTAINER as a kubelet does, for all nodes; returns the port.
// The log is what a hostile application might write, too.
func (k *kubelets) serveLogs(cert, key string) int32 {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail("kubelets: %v", err)
	}
	go func() { fail("kubelets: %v", http.ServeTLS(listener, http.HandlerFunc(k.log), cert, key)) }()
	return int32(listener.Addr().(*net.TCPAddr).Port)
}

func (k *kubelets) log(w http.ResponseWriter, request *http.Request) {
	parts := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	if len(parts) != 4 || parts[0] != "containerLogs" {
		http.NotFound(w, request)
		return
	}
	image, life := "", creating
	k.mutex.Lock()
	for _, p := range k.pods {
		if p.object.Namespace == parts[1] && p.object.Name == parts[2] && !p.node.silent {
			image, life = p.image(), p.life
		}
	}
	k.mutex.Unlock()
	if image == "" {
		http.Error(w, "no such container", http.StatusNotFound)
		return
	}
	if life == creating || life == pulling || life == backingOff {
		http.Error(w, fmt.Sprintf("container %q in pod %q is waiting to start", parts[3], parts[2]), http.StatusBadRequest)
		return
	}
	lines := []string{"starting " + image, "\x1b[31mred\x1b[0m and \x1b]0;title\a", "listening on :8080"}
	if strings.HasSuffix(image, ":bad") {
		lines[2] = "fatal: cannot read schema 7"
	}
	if tail, err := strconv.Atoi(request.FormValue("tailLines")); err == nil && tail < len(lines) {
		lines = lines[len(lines)-tail:]
	}
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	if request.FormValue("follow") != "true" {
		return
	}
	for i := 1; ; i++ {
		w.(http.Flusher).Flush()
		select {
		case <-request.Context().Done():
			return
		case <-time.After(200 * time.Millisecond):
			fmt.Fprintf(w, "request %d\n", i)
		}
	}
}
