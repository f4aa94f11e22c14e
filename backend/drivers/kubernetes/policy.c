/* policy.c: see policy.h.
 *
 * lockstep is known by its field manager. Anybody may call himself so: the policy keeps people and
 * programs from slipping, not from cheating; who must not touch a Deployment gets no `patch` on
 * it. The brake is what the recipes set: minReadySeconds 2147483646. */
#include "drivers/kubernetes/policy.h"

#define LABELLED(object)                                                                           \
    "(has(" object ".metadata.labels) && 'lockstep.guarded' in " object                            \
    ".metadata.labels && " object ".metadata.labels['lockstep.guarded'] == 'true')"
#define HELD(object)                                                                               \
    "(has(" object ".spec.paused) && " object ".spec.paused) || (has(" object                      \
    ".spec.minReadySeconds) && " object ".spec.minReadySeconds >= 2147483646)"

static const char text[] =
    "# A Deployment with the label lockstep.guarded=true takes a new pod template only held, and\n"
    "# only lockstep lets it go. Needs Kubernetes 1.30 or later.\n"
    "#   lockstep doctor --print-policy | kubectl apply -f -\n"
    "#   kubectl label deployment NAME lockstep.guarded=true\n"
    "# In an emergency without lockstep: kubectl label deployment NAME lockstep.guarded-\n"
    "apiVersion: admissionregistration.k8s.io/v1\n"
    "kind: ValidatingAdmissionPolicy\n"
    "metadata:\n"
    "  name: lockstep-guarded\n"
    "spec:\n"
    "  failurePolicy: Fail\n"
    "  matchConstraints:\n"
    "    resourceRules:\n"
    "    - apiGroups: [\"apps\"]\n"
    "      apiVersions: [\"v1\"]\n"
    "      operations: [\"UPDATE\"]\n"
    "      resources: [\"deployments\"]\n"
    "  matchConditions:\n"
    "  - name: guarded\n"
    "    expression: >-\n"
    "      " LABELLED(
        "object") " ||\n"
                  "      " LABELLED(
                      "oldObject") "\n"
                                   "  variables:\n"
                                   "  - name: held\n"
                                   "    expression: >-\n"
                                   "      " HELD(
                                       "object") "\n"
                                                 "  - name: wasHeld\n"
                                                 "    expression: >-\n"
                                                 "      " HELD(
                                                     "oldObject") "\n"
                                                                  "  - name: lockstep\n"
                                                                  "    expression: >-\n"
                                                                  "      has(request.options) && "
                                                                  "has(request.options."
                                                                  "fieldManager) &&\n"
                                                                  "      "
                                                                  "request.options.fieldManager == "
                                                                  "'lockstep'\n"
                                                                  "  validations:\n"
                                                                  "  - expression: >-\n"
                                                                  "      variables.lockstep || "
                                                                  "variables.held || "
                                                                  "object.spec.template == "
                                                                  "oldObject.spec.template\n"
                                                                  "    messageExpression: >-\n"
                                                                  "      'deployment ' + "
                                                                  "object.metadata.name + ' is "
                                                                  "guarded by lockstep: start it "
                                                                  "with `lockstep "
                                                                  "start ' + object.metadata.name "
                                                                  "+ ' VERSION`, or set "
                                                                  "spec.paused: true in the same "
                                                                  "change and "
                                                                  "release it with lockstep'\n"
                                                                  "  - expression: >-\n"
                                                                  "      variables.lockstep || "
                                                                  "variables.held || "
                                                                  "!variables.wasHeld\n"
                                                                  "    messageExpression: >-\n"
                                                                  "      'deployment ' + "
                                                                  "object.metadata.name + ' is "
                                                                  "held by lockstep: `lockstep "
                                                                  "step ' + "
                                                                  "object.metadata.name + '` goes "
                                                                  "on, `lockstep rollback ' + "
                                                                  "object.metadata.name + '` goes "
                                                                  "back'\n"
                                                                  "---\n"
                                                                  "apiVersion: "
                                                                  "admissionregistration.k8s.io/"
                                                                  "v1\n"
                                                                  "kind: "
                                                                  "ValidatingAdmissionPolicyBinding"
                                                                  "\n"
                                                                  "metadata:\n"
                                                                  "  name: lockstep-guarded\n"
                                                                  "spec:\n"
                                                                  "  policyName: lockstep-guarded\n"
                                                                  "  validationActions: [Deny]\n";

const char *policy_yaml(void)
{
    return text;
}
