package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

type cluster struct {
	options
	server   string // the API server's URL
	hooks    string // the URL of its webhooks, which this process serves
	etcd     string
	ca       *authority
	tokens   *registry
	client   *http.Client // as system:masters
	parts    []*process
	kubelets *process
	lines    chan string
	signals  chan os.Signal
}

func (c *cluster) sub(parts ...string) string {
	path := filepath.Join(append([]string{c.folder}, parts...)...)
	os.MkdirAll(filepath.Dir(path), 0o700)
	return path
}

func (c *cluster) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	loopback := func(scheme string) string { return fmt.Sprintf("%s://127.0.0.1:%d", scheme, freePort()) }
	c.etcd, c.server = loopback("http"), loopback("https")
	if err := c.makeIdentities(); err != nil {
		return err
	}
	part := func(name string, args ...string) *process {
		p := &process{name: name, program: self, args: append([]string{name}, args...),
			log: c.sub("log", name+".log")}
		c.parts = append(c.parts, p)
		return p
	}
	etcd := part("etcd", "-folder", c.sub("etcd"), "-clients", c.etcd, "-peers", loopback("http"))
	apiserver := part("apiserver", c.apiserverArgs()...)
	manager := part("controller-manager", c.managerArgs()...)
	scheduler := part("scheduler", c.schedulerArgs()...)
	c.kubelets = part("kubelets", c.kubeletsArgs()...)
	for _, p := range []*process{etcd, apiserver} {
		if err := p.start(false); err != nil {
			return err
		}
	}
	if err := c.await("/readyz"); err != nil {
		return err
	}
	for _, p := range []*process{manager, scheduler} {
		if err := p.start(false); err != nil {
			return err
		}
	}
	if err := c.kubelets.start(true); err != nil {
		return err
	}
	if err := c.grant(); err != nil {
		return err
	}
	if err := c.kubelets.hear("ready"); err != nil {
		return fmt.Errorf("%v\n%s", err, c.kubelets.tail())
	}
	if c.argo != "" {
		rollouts := c.argoPart()
		c.parts = append(c.parts, rollouts)
		if err := c.startArgo(rollouts); err != nil {
			return err
		}
	}
	return c.await("/api/v1/namespaces/default/serviceaccounts/default")
}

// Everybody's certificates, tokens and kubeconfig files, and the webhook that knows the tokens.
func (c *cluster) makeIdentities() error {
	c.ca = newAuthority()
	c.tokens = &registry{tokens: map[string]int{}}
	server := c.ca.sign("kube-apiserver", nil, 24*time.Hour)
	system := c.ca.sign("lockstep-test-system", []string{"system:masters"}, 24*time.Hour)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ours, err := tls.X509KeyPair(server.cert, server.key)
	if err != nil {
		return err
	}
	hooks := http.Server{Handler: c.tokens, TLSConfig: &tls.Config{Certificates: []tls.Certificate{ours}}}
	go hooks.ServeTLS(listener, "", "")
	c.hooks = "https://" + listener.Addr().String()

	c.put("ca.crt", c.ca.pem)
	c.put("pki/server.crt", server.cert)
	c.put("pki/server.key", server.key)
	c.put("pki/system.crt", system.cert)
	c.put("pki/system.key", system.key)
	c.put("pki/accounts.key", encodeKey(newKey()))
	c.put("pki/system.kubeconfig", kubeconfig(c.server, c.ca.pem, certUser(system)))
	c.put("pki/token-hook.kubeconfig", kubeconfig(c.hooks+"/token", c.ca.pem, "{}"))
	c.put("hooks", []byte(c.hooks))
	c.put("server", []byte(c.server))
	admin := c.ca.sign("admin", []string{"system:masters"}, 24*time.Hour)
	c.put("certificate.kubeconfig", kubeconfig(c.server, c.ca.pem, certUser(admin)))
	expired := c.ca.sign("admin", []string{"system:masters"}, -time.Minute)
	c.put("expired.kubeconfig", kubeconfig(c.server, c.ca.pem, certUser(expired)))
	for i := range identities {
		c.writeToken(i)
	}

	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(c.ca.pem)
	own, err := tls.X509KeyPair(system.cert, system.key)
	c.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{own}}}}
	return err
}

// A new token for this one, in NAME.token and NAME.kubeconfig; the old one no longer counts.
func (c *cluster) writeToken(identity int) {
	token, name := c.tokens.renew(identity), identities[identity].name
	c.put(name+".token", []byte(token))
	c.put(name+".kubeconfig", kubeconfig(c.server, c.ca.pem, tokenUser(token)))
}

// Readers see the old file or the new one.
func (c *cluster) put(name string, text []byte) {
	path := c.sub(name)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		fail("up: %v", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		fail("up: %v", err)
	}
}

// Until the API server answers 200 there.
func (c *cluster) await(path string) error {
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		answer, err := c.client.Get(c.server + path)
		if err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		if err := c.look(); err != nil {
			return err
		}
		select {
		case <-c.signals:
			return fmt.Errorf("stopped by a signal")
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("no %s after 2 min", path)
}

// The API server keeps a token that was good for ten seconds.
func (c *cluster) awaitRefusal(token string) error {
	anyone := c.client.Transport.(*http.Transport).Clone()
	anyone.TLSClientConfig = &tls.Config{RootCAs: anyone.TLSClientConfig.RootCAs}
	client := &http.Client{Transport: anyone, Timeout: 10 * time.Second}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		request, _ := http.NewRequest("GET", c.server+"/api", nil)
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusUnauthorized {
			return nil
		}
	}
	return fmt.Errorf("the old token is still good")
}

func (c *cluster) post(path, body string) error {
	answer, err := c.client.Post(c.server+path, "application/yaml", bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 && answer.StatusCode != http.StatusConflict {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s: %s", answer.Status, text)
	}
	return nil
}

// The viewers' rights: the built-in role, and the nodes.
func (c *cluster) grant() error {
	const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
	if err := c.post(roles, `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: lockstep-test-nodes}
rules: [{apiGroups: [""], resources: [nodes], verbs: [get, list, watch]}]`); err != nil {
		return err
	}
	for _, role := range []string{"view", "lockstep-test-nodes"} {
		if err := c.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", fmt.Sprintf(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "lockstep-test-%s"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %q}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "lockstep:viewers"}]`, role, role)); err != nil {
			return err
		}
	}
	return nil
}
