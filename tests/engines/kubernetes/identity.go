package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	admission "k8s.io/api/admission/v1"
	authentication "k8s.io/api/authentication/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Who tests can be. Those without groups have no right but to ask for their rights: a test binds
// what it wants them to have.
var identities = []struct {
	name   string
	groups []string
}{
	{"admin", []string{"system:masters"}},
	{"second", []string{"system:masters"}},
	{"viewer", []string{"lockstep:viewers"}},
	{"operator", nil},
	{"local", nil},
}

// Tokens that count now; the API server asks here, so that one can be changed while it runs.
type registry struct {
	mutex  sync.Mutex
	tokens map[string]int // to an index of identities
}

func (r *registry) renew(identity int) string {
	var bytes [16]byte
	if _, err := rand.Read(bytes[:]); err != nil {
		fail("tokens: %v", err)
	}
	token := hex.EncodeToString(bytes[:])
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for old, whose := range r.tokens {
		if whose == identity {
			delete(r.tokens, old)
		}
	}
	r.tokens[token] = identity
	return token
}

// Answers TokenReviews; and /refuse is an admission webhook that refuses everything, /slow one
// that takes its time.
func (r *registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var answer any
	switch request.URL.Path {
	case "/token":
		review := authentication.TokenReview{}
		if json.NewDecoder(request.Body).Decode(&review) != nil {
			http.Error(w, "no TokenReview", http.StatusBadRequest)
			return
		}
		review.Status = r.judge(review.Spec.Token)
		answer = review
	case "/refuse", "/slow":
		review := admission.AdmissionReview{}
		if json.NewDecoder(request.Body).Decode(&review) != nil || review.Request == nil {
			http.Error(w, "no AdmissionReview", http.StatusBadRequest)
			return
		}
		refused := request.URL.Path == "/refuse"
		if !refused {
			time.Sleep(2 * time.Second)
		}
		review.Response = &admission.AdmissionResponse{UID: review.Request.UID, Allowed: !refused}
		if refused {
			review.Response.Result = &meta.Status{Code: http.StatusForbidden, Message: "no releases on a Friday"}
		}
		review.Request = nil
		answer = review
	default:
		http.NotFound(w, request)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

func (r *registry) judge(token string) authentication.TokenReviewStatus {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	whose, found := r.tokens[token]
	if !found {
		return authentication.TokenReviewStatus{Error: "the token is unknown or no longer valid"}
	}
	who := identities[whose]
	return authentication.TokenReviewStatus{Authenticated: true,
		User: authentication.UserInfo{Username: who.name, UID: "uid-" + who.name, Groups: who.groups}}
}

func kubeconfig(server string, ca []byte, user string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: rig
clusters:
- name: rig
  cluster:
    server: %s
    certificate-authority-data: %s
contexts:
- name: rig
  context: {cluster: rig, user: rig, namespace: default}
users:
- name: rig
  user: %s
`, server, base64.StdEncoding.EncodeToString(ca), user)
}

func tokenUser(token string) string { return fmt.Sprintf("{token: %q}", token) }

func certUser(p pair) string {
	return fmt.Sprintf("{client-certificate-data: %s, client-key-data: %s}",
		base64.StdEncoding.EncodeToString(p.cert), base64.StdEncoding.EncodeToString(p.key))
}
