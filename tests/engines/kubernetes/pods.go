package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// What a container does; the tag of its image says how it behaves:
// bad (ends with status 1 a second after each start), missing (cannot be pulled), sick (never
// ready), slow (takes 3 s to be ready and to stop). Annotations of the pod change the times.
type life int

const (
	creating   life = iota
	pulling         // in vain
	backingOff      // from pulling
	running
	crashed
	finished // a job
)

const (
	readyAfterNote = "lockstep.test/ready-after"
	stopAfterNote  = "lockstep.test/stop-after"
)

type pod struct {
	object   *core.Pod // as last seen
	node     *node
	gone     bool // from the API server, while this node may not know
	life     life
	since    time.Time // it is in this life
	started  time.Time // the container
	stopAt   time.Time
	restarts int32
	address  string
	noise    float64 // no two pods take the same time
}

func (p *pod) image() string { return p.object.Spec.Containers[0].Image }

func (p *pod) tag() string {
	image := p.image()
	return image[strings.LastIndex(image, ":")+1:]
}

func (p *pod) note(name string, otherwise time.Duration) time.Duration {
	if value, err := time.ParseDuration(p.object.Annotations[name]); err == nil {
		return value
	}
	if p.tag() == "slow" {
		return 3 * time.Second
	}
	return time.Duration(float64(otherwise) * p.noise)
}

func (k *kubelets) see(object *core.Pod, gone bool) {
	if object.Spec.NodeName == "" || len(object.Spec.Containers) == 0 {
		return
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	p := k.pods[object.UID]
	if p == nil {
		var where *node
		for _, n := range k.nodes {
			if n.name == object.Spec.NodeName {
				where = n
			}
		}
		if gone || where == nil || object.Status.Phase == core.PodSucceeded || object.Status.Phase == core.PodFailed {
			return
		}
		serial := rand.IntN(1 << 20)
		p = &pod{node: where, since: time.Now(), noise: 0.7 + 0.6*rand.Float64(),
			address: fmt.Sprintf("10.%d.%d.%d", 64+serial>>16, serial>>8&255, serial&255)}
		k.pods[object.UID] = p
	}
	p.object, p.gone = object, gone
	k.queue.Add(object.UID)
}

// Takes one pod as far as it is by now and says so to the API server; returns when to look again
// (0: when something changes).
func (k *kubelets) sync(uid types.UID) time.Duration {
	k.mutex.Lock()
	p := k.pods[uid]
	if p == nil || p.node.silent {
		k.mutex.Unlock()
		return 0
	}
	now := time.Now()
	if p.gone || p.object.DeletionTimestamp != nil {
		return k.end(p, now) // unlocks
	}
	events := []event{}
	again := p.advance(now, k.readyAfter, &events)
	object := p.object
	status := p.status(now)
	k.mutex.Unlock()
	for _, e := range events {
		k.tell(object, e)
	}
	if !differs(&object.Status, status) {
		return again
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": uid}, "status": status})
	if err == nil {
		_, err = k.client.CoreV1().Pods(object.Namespace).Patch(context.Background(), object.Name,
			types.StrategicMergePatchType, patch, meta.PatchOptions{}, "status")
	}
	if err != nil && !errors.IsNotFound(err) && !errors.IsConflict(err) && (again == 0 || again > time.Second) {
		return time.Second
	}
	return again
}

// Stops it within its grace period, then lets the API server forget it.
func (k *kubelets) end(p *pod, now time.Time) time.Duration {
	if p.stopAt.IsZero() {
		wait := p.note(stopAfterNote, k.stopAfter)
		if grace := p.object.DeletionGracePeriodSeconds; grace != nil {
			wait = min(wait, time.Duration(*grace)*time.Second)
		}
		if p.life != running {
			wait = 0
		}
		p.stopAt = now.Add(wait)
	}
	object, left, gone := p.object, p.stopAt.Sub(now), p.gone
	if left <= 0 && gone {
		delete(k.pods, object.UID)
	}
	k.mutex.Unlock()
	if left > 0 || gone {
		return max(left, 0)
	}
	err := k.client.CoreV1().Pods(object.Namespace).Delete(context.Background(), object.Name, meta.DeleteOptions{
		GracePeriodSeconds: new(int64), Preconditions: &meta.Preconditions{UID: &object.UID}})
	if err != nil && !errors.IsNotFound(err) && !errors.IsConflict(err) {
		return time.Second
	}
	return 0
}

// The next lives that are due; returns the time until the one after them.
func (p *pod) advance(now time.Time, readyAfter time.Duration, events *[]event) time.Duration {
	for {
		wait, next := p.next(readyAfter)
		if next == p.life {
			if wait > 0 { // a probe's delay
				return max(0, p.since.Add(wait).Sub(now))
			}
			return 0
		}
		if left := p.since.Add(wait).Sub(now); left > 0 {
			return left
		}
		p.life, p.since = next, now
		switch next {
		case running:
			p.started = now
		case pulling:
			*events = append(*events, event{"Failed", p.pullError()})
		case backingOff:
			*events = append(*events, event{"BackOff", fmt.Sprintf("Back-off pulling image %q", p.image())})
		case crashed:
			p.restarts++
			*events = append(*events, event{"BackOff", p.backOff()})
		}
		if next == running && p.tag() == "sick" {
			*events = append(*events, event{"Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"})
		}
	}
}

// How long this life lasts, and what comes after it (itself: nothing).
func (p *pod) next(readyAfter time.Duration) (time.Duration, life) {
	switch p.life {
	case creating, backingOff:
		if p.tag() == "missing" && p.life == backingOff {
			return 5 * time.Second, pulling
		}
		if p.tag() == "missing" {
			return p.note(readyAfterNote, readyAfter), pulling
		}
		return p.note(readyAfterNote, readyAfter), running
	case pulling:
		return time.Second, backingOff
	case running:
		if p.tag() == "bad" {
			return time.Second, crashed
		}
		if p.object.Spec.RestartPolicy != core.RestartPolicyAlways {
			return 2 * time.Second, finished
		}
		return p.probeDelay(), running
	case crashed:
		return min(20*time.Second, time.Second<<min(p.restarts, 8)), running
	}
	return 0, p.life
}

func (p *pod) probeDelay() time.Duration {
	if probe := p.object.Spec.Containers[0].ReadinessProbe; probe != nil {
		return time.Duration(probe.InitialDelaySeconds)*time.Second + 200*time.Millisecond
	}
	return 0
}

func (p *pod) pullError() string {
	return fmt.Sprintf("failed to pull and unpack image %q: failed to resolve reference %q: %s: not found",
		p.image(), p.image(), p.image())
}

func (p *pod) backOff() string {
	return fmt.Sprintf("back-off %ds restarting failed container=%s pod=%s_%s(%s)", 10<<min(p.restarts-1, 5),
		p.object.Spec.Containers[0].Name, p.object.Name, p.object.Namespace, p.object.UID)
}

type event struct{ reason, message string }

func (k *kubelets) tell(about *core.Pod, e event) {
	now := meta.Now()
	k.client.CoreV1().Events(about.Namespace).Create(context.Background(), &core.Event{
		ObjectMeta: meta.ObjectMeta{GenerateName: about.Name + "."},
		InvolvedObject: core.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: about.Namespace,
			Name: about.Name, UID: about.UID, ResourceVersion: about.ResourceVersion},
		Type: core.EventTypeWarning, Reason: e.reason, Message: e.message, Count: 1,
		FirstTimestamp: now, LastTimestamp: now,
		Source: core.EventSource{Component: "kubelet", Host: about.Spec.NodeName}}, meta.CreateOptions{})
}

// One line for each container that really runs: NODE NAMESPACE POD UID IMAGE.
func (k *kubelets) truth() []byte {
	var text bytes.Buffer
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for uid, p := range k.pods {
		if p.life == running {
			fmt.Fprintln(&text, p.node.name, p.object.Namespace, p.object.Name, uid, p.image())
		}
	}
	return text.Bytes()
}
