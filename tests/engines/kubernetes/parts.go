package main

import "fmt"

// How each part is started. Durations are those of a test, not of a real cluster; everything else
// is as it comes, so that admission, limits and defaults are the real ones.

func (c *cluster) apiserverArgs() []string {
	return []string{
		"--etcd-servers=" + c.etcd,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		"--secure-port=" + portOf(c.server),
		"--endpoint-reconciler-type=none",
		"--tls-cert-file=" + c.sub("pki/server.crt"), "--tls-private-key-file=" + c.sub("pki/server.key"),
		"--client-ca-file=" + c.sub("ca.crt"),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.sub("pki/accounts.key"),
		"--service-account-signing-key-file=" + c.sub("pki/accounts.key"),
		"--authorization-mode=RBAC",
		"--authentication-token-webhook-version=v1",
		"--authentication-token-webhook-config-file=" + c.sub("pki/token-hook.kubeconfig"),
		"--authentication-token-webhook-cache-ttl=50ms",
		"--kubelet-client-certificate=" + c.sub("pki/system.crt"),
		"--kubelet-client-key=" + c.sub("pki/system.key"),
		"--kubelet-preferred-address-types=InternalIP",
		fmt.Sprintf("--default-not-ready-toleration-seconds=%d", int(c.evict.Seconds())),
		fmt.Sprintf("--default-unreachable-toleration-seconds=%d", int(c.evict.Seconds())),
		"--v=1",
	}
}

func (c *cluster) managerArgs() []string {
	return []string{
		"--kubeconfig=" + c.sub("pki/system.kubeconfig"),
		"--leader-elect=false", "--secure-port=0",
		"--root-ca-file=" + c.sub("ca.crt"),
		"--service-account-private-key-file=" + c.sub("pki/accounts.key"),
		"--kube-api-qps=1000", "--kube-api-burst=2000",
		"--node-monitor-period=500ms",
		"--node-monitor-grace-period=" + c.nodeGrace.String(),
		"--node-startup-grace-period=10s",
		"--node-eviction-rate=100",
		"--horizontal-pod-autoscaler-sync-period=5s",
		// What no test of releases needs: volumes, addresses, certificates.
		"--controllers=*,-persistentvolume-binder-controller,-persistentvolume-expander-controller," +
			"-persistentvolume-attach-detach-controller,-persistentvolume-protection-controller," +
			"-persistentvolumeclaim-protection-controller,-ephemeral-volume-controller," +
			"-certificatesigningrequest-signing-controller,-certificatesigningrequest-approving-controller," +
			"-certificatesigningrequest-cleaner-controller,-bootstrap-signer-controller," +
			"-token-cleaner-controller,-node-route-controller,-service-lb-controller," +
			"-cloud-node-lifecycle-controller,-legacy-serviceaccount-token-cleaner-controller",
		"--v=1",
	}
}

func (c *cluster) schedulerArgs() []string {
	c.put("pki/scheduler.yaml", fmt.Appendf(nil, `
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: {kubeconfig: %q, qps: 1000, burst: 2000}
leaderElection: {leaderElect: false}
podInitialBackoffSeconds: 1
podMaxBackoffSeconds: 2
`, c.sub("pki/system.kubeconfig")))
	return []string{"--config=" + c.sub("pki/scheduler.yaml"), "--secure-port=0", "--v=1"}
}

func (c *cluster) kubeletsArgs() []string {
	return []string{
		"-kubeconfig", c.sub("pki/system.kubeconfig"), "-nodes", c.nodes,
		"-ready-after", c.readyAfter, "-stop-after", c.stopAfter, "-heartbeat", c.heartbeat.String(),
		"-cert", c.sub("pki/server.crt"), "-key", c.sub("pki/server.key"),
	}
}
