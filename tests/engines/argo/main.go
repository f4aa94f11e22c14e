// Argo Rollouts' own rollout controller, for tests: the published module, without its experiments,
// its analysis of metrics and its servers, which would listen on every address of the machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/argoproj/argo-rollouts/controller/metrics"
	client "github.com/argoproj/argo-rollouts/pkg/client/clientset/versioned"
	"github.com/argoproj/argo-rollouts/pkg/client/clientset/versioned/scheme"
	"github.com/argoproj/argo-rollouts/rollout"
	"github.com/argoproj/argo-rollouts/utils/config"
	"github.com/argoproj/argo-rollouts/utils/defaults"
	"github.com/argoproj/argo-rollouts/utils/ingress"
	"github.com/argoproj/argo-rollouts/utils/istio"
	"github.com/argoproj/argo-rollouts/utils/queue"
	"github.com/argoproj/argo-rollouts/utils/record"
	"github.com/argoproj/argo-rollouts/utils/tolerantinformer"
	notifications "github.com/argoproj/notifications-engine/pkg/api"
	smi "github.com/servicemeshinterface/smi-sdk-go/pkg/gen/client/split/clientset/versioned"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	kubescheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
)

func main() {
	path := flag.String("kubeconfig", "", "how to reach the cluster")
	flag.Parse()
	settings, err := clientcmd.BuildConfigFromFlags("", *path)
	must(err)
	settings.QPS, settings.Burst = 1000, 2000
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	must(scheme.AddToScheme(kubescheme.Scheme))
	must(run(stop, settings))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "argo-rollouts:", err)
		os.Exit(1)
	}
}

// What the published controller's own manager puts together, as it does it.
func run(stop context.Context, settings *rest.Config) error {
	const resync = 15 * time.Minute
	kube := kubernetes.NewForConfigOrDie(settings)
	argo := client.NewForConfigOrDie(settings)
	anything := dynamic.NewForConfigOrDie(settings)
	found := discovery.NewDiscoveryClientForConfigOrDie(settings)
	mesh, err := smi.NewForConfig(settings)
	if err != nil {
		return err
	}
	if _, err := config.InitializeConfig(kube, defaults.DefaultRolloutsConfigMapName); err != nil {
		return err
	}
	core := informers.NewSharedInformerFactory(kube, resync)
	own := dynamicinformer.NewDynamicSharedInformerFactory(anything, resync)
	unused := dynamicinformer.NewDynamicSharedInformerFactory(anything, resync) // of Istio, which is not there
	noted := informers.NewSharedInformerFactoryWithOptions(kube, resync, informers.WithNamespace(defaults.Namespace()))

	mode, err := ingress.DetermineIngressMode("", kube.DiscoveryClient)
	if err != nil {
		return err
	}
	wrapper, err := ingress.NewIngressWrapper(mode, kube, core)
	if err != nil {
		return err
	}
	rollouts := tolerantinformer.NewTolerantRolloutInformer(own)
	experiments := tolerantinformer.NewTolerantExperimentInformer(own)
	runs := tolerantinformer.NewTolerantAnalysisRunInformer(own)
	templates := tolerantinformer.NewTolerantAnalysisTemplateInformer(own)
	clusterTemplates := tolerantinformer.NewTolerantClusterAnalysisTemplateInformer(own)
	factory := notifications.NewFactory(record.NewAPIFactorySettings(runs), defaults.Namespace(),
		noted.Core().V1().Secrets().Informer(), noted.Core().V1().ConfigMaps().Informer())
	controller := rollout.NewController(rollout.ControllerConfig{
		Namespace:                       meta.NamespaceAll,
		KubeClientSet:                   kube,
		ArgoProjClientset:               argo,
		DynamicClientSet:                anything,
		RefResolver:                     rollout.NewInformerBasedWorkloadRefResolver(meta.NamespaceAll, anything, found, argo, rollouts.Informer()),
		SmiClientSet:                    mesh,
		ExperimentInformer:              experiments,
		AnalysisRunInformer:             runs,
		AnalysisTemplateInformer:        templates,
		ClusterAnalysisTemplateInformer: clusterTemplates,
		ReplicaSetInformer:              core.Apps().V1().ReplicaSets(),
		ServicesInformer:                core.Core().V1().Services(),
		IngressWrapper:                  wrapper,
		RolloutsInformer:                rollouts,
		IstioPrimaryDynamicClient:       anything,
		IstioVirtualServiceInformer:     unused.ForResource(istio.GetIstioVirtualServiceGVR()).Informer(),
		IstioDestinationRuleInformer:    unused.ForResource(istio.GetIstioDestinationRuleGVR()).Informer(),
		ResyncPeriod:                    resync,
		RolloutWorkQueue:                newQueue("Rollouts"),
		ServiceWorkQueue:                newQueue("Services"),
		IngressWorkQueue:                newQueue("Ingresses"),
		MetricsServer: metrics.NewMetricsServer(metrics.ServerConfig{ // which nobody starts
			RolloutLister:                 rollouts.Lister(),
			AnalysisRunLister:             runs.Lister(),
			AnalysisTemplateLister:        templates.Lister(),
			ClusterAnalysisTemplateLister: clusterTemplates.Lister(),
			ExperimentLister:              experiments.Lister(),
			K8SRequestProvider:            &metrics.K8sRequestsCountProvider{},
		}),
		Recorder: record.NewEventRecorder(kube, metrics.MetricRolloutEventsTotal, metrics.MetricNotificationFailedTotal,
			metrics.MetricNotificationSuccessTotal, metrics.MetricNotificationSend, factory),
	})

	// An informer that is asked for only after the start is never started.
	synced := []cache.InformerSynced{rollouts.Informer().HasSynced, experiments.Informer().HasSynced,
		runs.Informer().HasSynced, templates.Informer().HasSynced, clusterTemplates.Informer().HasSynced,
		core.Apps().V1().ReplicaSets().Informer().HasSynced, core.Core().V1().Services().Informer().HasSynced,
		noted.Core().V1().Secrets().Informer().HasSynced, noted.Core().V1().ConfigMaps().Informer().HasSynced,
		wrapper.Informer().HasSynced}
	for _, start := range []func(<-chan struct{}){core.Start, own.Start, noted.Start} {
		start(stop.Done())
	}
	if !cache.WaitForCacheSync(stop.Done(), synced...) {
		return fmt.Errorf("stopped before everything was listed")
	}
	return controller.Run(stop, 10)
}

func newQueue(name string) workqueue.RateLimitingInterface {
	return workqueue.NewNamedRateLimitingQueue(queue.DefaultArgoRolloutsRateLimiter(), name)
}
