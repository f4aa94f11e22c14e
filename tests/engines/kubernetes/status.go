package main

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// What a kubelet says of a pod in this life. Times have whole seconds, as on the wire.
func (p *pod) status(now time.Time) *core.PodStatus {
	ready := p.life == running && p.tag() != "sick" && !now.Before(p.started.Add(p.probeDelay()))
	status := &core.PodStatus{Phase: core.PodRunning, HostIP: "127.0.0.1", HostIPs: []core.HostIP{{IP: "127.0.0.1"}},
		PodIP: p.address, PodIPs: []core.PodIP{{IP: p.address}}, QOSClass: p.object.Status.QOSClass}
	switch p.life {
	case creating, pulling, backingOff:
		status.Phase, status.PodIP, status.PodIPs = core.PodPending, "", nil
	case finished:
		status.Phase = core.PodSucceeded
	}
	status.StartTime = p.object.Status.StartTime
	if status.StartTime == nil {
		status.StartTime = ptr.To(stamp(now))
	}
	for i := range p.object.Spec.InitContainers {
		status.InitContainerStatuses = append(status.InitContainerStatuses, p.initStatus(i))
	}
	for i := range p.object.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, p.container(i, ready))
	}
	status.Conditions = p.conditions(now, ready)
	return status
}

func stamp(t time.Time) meta.Time { return meta.NewTime(t.Truncate(time.Second)) }

func (p *pod) initStatus(i int) core.ContainerStatus {
	spec := &p.object.Spec.InitContainers[i]
	at := stamp(p.since)
	if !p.started.IsZero() {
		at = stamp(p.started)
	}
	if p.life == creating || p.life == pulling || p.life == backingOff {
		return core.ContainerStatus{Name: spec.Name, Image: spec.Image, Started: ptr.To(false),
			State: core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: "PodInitializing"}}}
	}
	return core.ContainerStatus{Name: spec.Name, Image: spec.Image, ImageID: identify(spec.Image), Ready: true,
		Started: ptr.To(false), State: core.ContainerState{Terminated: &core.ContainerStateTerminated{
			Reason: "Completed", StartedAt: at, FinishedAt: at}}}
}

func (p *pod) container(i int, ready bool) core.ContainerStatus {
	spec := &p.object.Spec.Containers[i]
	result := core.ContainerStatus{Name: spec.Name, Image: spec.Image, Ready: ready, RestartCount: p.restarts,
		Started: ptr.To(p.life == running)}
	waiting := func(reason, message string) {
		result.State.Waiting = &core.ContainerStateWaiting{Reason: reason, Message: message}
	}
	if p.restarts > 0 {
		result.LastTerminationState.Terminated = &core.ContainerStateTerminated{ExitCode: 1, Reason: "Error",
			StartedAt: stamp(p.started), FinishedAt: stamp(p.started.Add(time.Second))}
	}
	switch p.life {
	case creating:
		waiting("ContainerCreating", "")
	case pulling:
		waiting("ErrImagePull", p.pullError())
	case backingOff:
		waiting("ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q: ErrImagePull: %s", p.image(), p.pullError()))
	case crashed:
		waiting("CrashLoopBackOff", p.backOff())
		result.ContainerID, result.ImageID = "none://"+string(p.object.UID), identify(spec.Image)
	case running:
		result.State.Running = &core.ContainerStateRunning{StartedAt: stamp(p.started)}
		result.ContainerID, result.ImageID = "none://"+string(p.object.UID), identify(spec.Image)
	case finished:
		result.State.Terminated = &core.ContainerStateTerminated{Reason: "Completed",
			StartedAt: stamp(p.started), FinishedAt: stamp(p.since)}
	}
	return result
}

func identify(image string) string {
	name, _, _ := strings.Cut(image, ":")
	return fmt.Sprintf("%s@sha256:%x", name, sha256.Sum256([]byte(image)))
}

func (p *pod) conditions(now time.Time, ready bool) []core.PodCondition {
	begun := p.life != creating && p.life != pulling && p.life != backingOff
	reason, message := "", ""
	if !ready {
		reason = "ContainersNotReady"
		message = fmt.Sprintf("containers with unready status: [%s]", p.object.Spec.Containers[0].Name)
		if p.life == finished {
			reason, message = "PodCompleted", ""
		}
	}
	gated := ready
	for _, gate := range p.object.Spec.ReadinessGates {
		open := false
		for _, condition := range p.object.Status.Conditions {
			open = open || (condition.Type == gate.ConditionType && condition.Status == core.ConditionTrue)
		}
		if !open && gated {
			gated = false
		}
	}
	podReason, podMessage := reason, message
	if ready && !gated {
		podReason, podMessage = "ReadinessGatesNotReady", "the status of pod readiness gates is not \"True\""
	}
	return []core.PodCondition{
		p.condition(now, core.PodReadyToStartContainers, begun, "", ""),
		p.condition(now, core.PodInitialized, begun || len(p.object.Spec.InitContainers) == 0, "", ""),
		p.condition(now, core.PodReady, gated, podReason, podMessage),
		p.condition(now, core.ContainersReady, ready, reason, message),
	}
}

func (p *pod) condition(now time.Time, kind core.PodConditionType, is bool, reason, message string) core.PodCondition {
	result := core.PodCondition{Type: kind, Status: core.ConditionFalse, Reason: reason, Message: message,
		LastTransitionTime: stamp(now)}
	if is {
		result.Status = core.ConditionTrue
	}
	for _, old := range p.object.Status.Conditions {
		if old.Type == kind && old.Status == result.Status {
			result.LastTransitionTime = old.LastTransitionTime
		}
	}
	return result
}

// True when the API server should be told.
func differs(known, said *core.PodStatus) bool {
	if known.Phase != said.Phase || known.PodIP != said.PodIP || known.StartTime == nil ||
		!equality.Semantic.DeepEqual(known.ContainerStatuses, said.ContainerStatuses) ||
		!equality.Semantic.DeepEqual(known.InitContainerStatuses, said.InitContainerStatuses) {
		return true
	}
	for _, mine := range said.Conditions {
		same := false
		for _, theirs := range known.Conditions {
			same = same || (theirs.Type == mine.Type && theirs.Status == mine.Status &&
				theirs.Reason == mine.Reason && theirs.Message == mine.Message)
		}
		if !same {
			return true
		}
	}
	return false
}
