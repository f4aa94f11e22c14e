package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
)

// Machines that run nothing but say of their pods what real ones would, at the pace of a test.
// A silent one neither says nor does anything; what it ran runs on.
type kubelets struct {
	client                           kubernetes.Interface
	readyAfter, stopAfter, heartbeat time.Duration
	port                             int32 // where they serve logs
	queue                            workqueue.TypedDelayingInterface[types.UID]

	mutex sync.Mutex
	nodes []*node
	pods  map[types.UID]*pod
}

type node struct {
	name   string
	silent bool
	said   time.Time // when its whole status was last reported
}

func runKubelets(args []string) {
	k := &kubelets{pods: map[types.UID]*pod{}}
	flags := flag.NewFlagSet("kubelets", flag.ExitOnError)
	config := flags.String("kubeconfig", "", "who they are to the API server")
	count := flags.Int("nodes", 4, "how many")
	cert := flags.String("cert", "", "certificate that logs are served with")
	key := flags.String("key", "", "its key")
	flags.DurationVar(&k.readyAfter, "ready-after", 300*time.Millisecond, "")
	flags.DurationVar(&k.stopAfter, "stop-after", 200*time.Millisecond, "")
	flags.DurationVar(&k.heartbeat, "heartbeat", time.Second, "")
	flags.Parse(args)

	access, err := clientcmd.BuildConfigFromFlags("", *config)
	if err != nil {
		fail("kubelets: %v", err)
	}
	access.QPS, access.UserAgent = -1, "kubelet"
	access.ContentType = "application/vnd.kubernetes.protobuf"
	k.client = kubernetes.NewForConfigOrDie(access)
	k.port = k.serveLogs(*cert, *key)
	for i := range *count {
		k.nodes = append(k.nodes, &node{name: fmt.Sprintf("node-%d", i+1)})
	}
	k.each(func(n *node) {
		// Controllers write to a new node, too.
		if err := retry.RetryOnConflict(retry.DefaultBackoff, func() error { return k.register(n) }); err != nil {
			fail("kubelets: %s: %v", n.name, err)
		}
	})
	k.follow()
	go func() {
		for range time.Tick(k.heartbeat) {
			k.each(k.beat)
		}
	}()
	k.awaitUntainted()
	fmt.Println("ready")
	k.obey()
}

// For every node, several at a time.
func (k *kubelets) each(do func(*node)) {
	var group sync.WaitGroup
	for worker := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := worker; i < len(k.nodes); i += 8 {
				do(k.nodes[i])
			}
		}()
	}
	group.Wait()
}

func (k *kubelets) register(n *node) error {
	var number int
	fmt.Sscanf(n.name, "node-%d", &number)
	_, err := k.client.CoreV1().Nodes().Create(context.Background(), &core.Node{
		ObjectMeta: meta.ObjectMeta{Name: n.name, Labels: map[string]string{
			core.LabelHostname: n.name, core.LabelOSStable: "linux", core.LabelArchStable: "amd64",
			core.LabelTopologyZone: fmt.Sprintf("zone-%c", 'a'+rune(number%2)),
		}}}, meta.CreateOptions{})
	if err != nil && !errors.IsAlreadyExists(err) {
		return err
	}
	now := meta.NowMicro()
	_, err = k.client.CoordinationV1().Leases(core.NamespaceNodeLease).Create(context.Background(), &coordination.Lease{
		ObjectMeta: meta.ObjectMeta{Name: n.name}, Spec: coordination.LeaseSpec{HolderIdentity: &n.name,
			LeaseDurationSeconds: ptr.To(int32(max(1, k.heartbeat.Seconds()*4))), RenewTime: &now}}, meta.CreateOptions{})
	if err != nil && !errors.IsAlreadyExists(err) {
		return err
	}
	return k.report(n)
}

// The whole status of a node.
func (k *kubelets) report(n *node) error {
	now := meta.Now()
	room := core.ResourceList{core.ResourceCPU: resource.MustParse("64"),
		core.ResourceMemory: resource.MustParse("256Gi"), core.ResourcePods: resource.MustParse("500")}
	found, err := k.client.CoreV1().Nodes().Get(context.Background(), n.name, meta.GetOptions{})
	if err != nil {
		return err
	}
	old := map[core.NodeConditionType]core.NodeCondition{}
	for _, condition := range found.Status.Conditions {
		old[condition.Type] = condition
	}
	condition := func(kind core.NodeConditionType, status core.ConditionStatus, reason, message string) core.NodeCondition {
		since := now
		if was, found := old[kind]; found && was.Status == status {
			since = was.LastTransitionTime
		}
		return core.NodeCondition{Type: kind, Status: status, Reason: reason, Message: message,
			LastHeartbeatTime: now, LastTransitionTime: since}
	}
	found.Status.Capacity, found.Status.Allocatable = room, room
	found.Status.Conditions = []core.NodeCondition{
		condition(core.NodeMemoryPressure, core.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
		condition(core.NodeDiskPressure, core.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
		condition(core.NodePIDPressure, core.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
		condition(core.NodeReady, core.ConditionTrue, "KubeletReady", "kubelet is posting ready status"),
	}
	found.Status.Addresses = []core.NodeAddress{{Type: core.NodeInternalIP, Address: "127.0.0.1"},
		{Type: core.NodeHostName, Address: n.name}}
	found.Status.DaemonEndpoints.KubeletEndpoint.Port = k.port
	found.Status.NodeInfo = core.NodeSystemInfo{KubeletVersion: "v1.33.4", OperatingSystem: "linux",
		Architecture: "amd64", KernelVersion: "6.1.0", OSImage: "none", ContainerRuntimeVersion: "none://1"}
	n.said = time.Now()
	_, err = k.client.CoreV1().Nodes().UpdateStatus(context.Background(), found, meta.UpdateOptions{})
	return err
}

func (k *kubelets) quiet(n *node) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return n.silent
}

// A sign of life; what fails here is tried again at the next beat.
func (k *kubelets) beat(n *node) {
	if k.quiet(n) {
		return
	}
	patch := fmt.Appendf(nil, `{"spec":{"renewTime":%q}}`, time.Now().UTC().Format(meta.RFC3339Micro))
	k.client.CoordinationV1().Leases(core.NamespaceNodeLease).Patch(context.Background(), n.name,
		types.MergePatchType, patch, meta.PatchOptions{})
	if time.Since(n.said) > 10*k.heartbeat {
		k.report(n)
	}
}

// Follows the pods that are assigned to a node.
func (k *kubelets) follow() {
	k.queue = workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[types.UID]{})
	factory := informers.NewSharedInformerFactory(k.client, 0)
	informer := factory.Core().V1().Pods().Informer()
	informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { k.see(object.(*core.Pod), false) },
		UpdateFunc: func(_, object any) { k.see(object.(*core.Pod), false) },
		DeleteFunc: func(object any) {
			if last, unknown := object.(cache.DeletedFinalStateUnknown); unknown {
				object = last.Obj
			}
			k.see(object.(*core.Pod), true)
		},
	})
	factory.Start(nil)
	factory.WaitForCacheSync(nil)
	for range 16 {
		go func() {
			for {
				uid, _ := k.queue.Get()
				if again := k.sync(uid); again > 0 {
					k.queue.AddAfter(uid, again)
				}
				k.queue.Done(uid)
			}
		}()
	}
}

// The node controller takes its taint off a new node; only then pods can go there.
func (k *kubelets) awaitUntainted() {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		nodes, err := k.client.CoreV1().Nodes().List(context.Background(), meta.ListOptions{ResourceVersion: "0"})
		usable := 0
		for i := 0; err == nil && i < len(nodes.Items); i++ {
			if len(nodes.Items[i].Spec.Taints) == 0 {
				usable++
			}
		}
		if usable == len(k.nodes) {
			return
		}
	}
	fail("kubelets: the nodes are still tainted after a minute")
}

// silence NODE, return NODE, truth FILE.
func (k *kubelets) obey() {
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		words := strings.Fields(input.Text())
		if len(words) != 2 {
			fmt.Println("error a line is: VERB ARGUMENT")
			continue
		}
		var err error
		switch words[0] {
		case "silence", "return":
			err = k.turn(words[1], words[0] == "silence")
		case "truth":
			err = os.WriteFile(words[1], k.truth(), 0o600)
		default:
			err = fmt.Errorf("no such command: %s", words[0])
		}
		if err != nil {
			fmt.Println("error", err)
		} else {
			fmt.Println("ok")
		}
	}
}

func (k *kubelets) turn(name string, silent bool) error {
	for _, n := range k.nodes {
		if n.name != name {
			continue
		}
		k.mutex.Lock()
		n.silent, n.said = silent, time.Time{}
		for uid, p := range k.pods {
			if p.node == n {
				k.queue.Add(uid)
			}
		}
		k.mutex.Unlock()
		k.beat(n)
		return nil
	}
	return fmt.Errorf("no node is called %q", name)
}
