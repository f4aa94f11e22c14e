/* stage.h: the driver against a scripted API server, and what its sink heard.
 *
 * What a test does not script: every list is empty, every watch stays open and silent, and no
 * list comes as the beginning of a watch. */
#ifndef LOCKSTEP_TESTS_DRIVERS_KUBERNETES_STAGE_H
#define LOCKSTEP_TESTS_DRIVERS_KUBERNETES_STAGE_H

#include "drivers/driver.h"
#include "net/server.h"

struct theatre {
    struct clock *clock;
    int speed;
    struct loop *loop;
    struct server *server;
    struct driver *driver;
    struct cluster_config config;
    char kubeconfig[300], token_file[300];
    /* heard */
    enum cluster_state state;
    struct err why;
    bool streams; /* the server offers lists as the beginning of a watch; before stage_follow */
    bool synced;
    unsigned fresh, gone, nodes, records;
    const struct service *service; /* the last one */
    char gone_id[160];
    char events[4000];
    struct node_heard {
        char id[64];
        enum node_state state;
    } node;
};

void stage_open(struct theatre *stage); /* server and kubeconfig, no driver yet */
/* The same with a clock that runs so many times as fast as the server. */
void stage_open_fast(struct theatre *stage, int speed);
void stage_follow(struct theatre *stage); /* opens the driver and follows */
void stage_close(struct theatre *stage);
/* The next answer to what begins so, after "GET "; borrowed until the end. Single quotes stand for
 * double ones in bodies of stage_*. */
void stage_answer(struct theatre *stage, const char *path, int status, const char *body);
void stage_watch(struct theatre *stage, const char *path, const char *events); /* then stays open */
void stage_reply(struct theatre *stage, struct server_reply reply);
char *stage_quotes(const char *text); /* lives until stage_close */
void stage_token(struct theatre *stage, const char *token);

typedef bool stage_done(struct theatre *stage);
/* Turns the loop until it is so; fails the test after some seconds. */
void stage_until(struct theatre *stage, stage_done *done, const char *what);
void stage_turn(struct theatre *stage, int64_t ms);

/* A Deployment "billing" of namespace shop, uid u1, complete; `more` goes between its braces. */
#define STAGE_DEPLOYMENT(version, image, replicas)                                                 \
    "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'billing',"                    \
    "'namespace':'shop','uid':'u1','resourceVersion':'" version "','generation':1},"               \
    "'spec':{'replicas':" replicas ",'selector':{'matchLabels':{'app':'billing'}},"                \
    "'template':{'metadata':{'labels':{'app':'billing'}},'spec':{'containers':[{'name':'app',"     \
    "'image':'billing:" image "'}]}}},'status':{'observedGeneration':1,'replicas':" replicas "}}"
#define STAGE_SET(version, image, replicas)                                                        \
    "{'metadata':{'name':'billing-" image "','namespace':'shop','uid':'r-" image "',"              \
    "'resourceVersion':'" version "','ownerReferences':[{'uid':'u1','controller':true}],"          \
    "'labels':{'pod-template-hash':'" image "','app':'billing'}},"                                 \
    "'spec':{'replicas':" replicas ",'template':{'metadata':{'labels':{'app':'billing',"           \
    "'pod-template-hash':'" image "'}},'spec':{'containers':[{'name':'app',"                       \
    "'image':'billing:" image "'}]}}},'status':{'replicas':" replicas ",'readyReplicas':" replicas \
    "}}"
#define STAGE_NODE(version, name, ready)                                                           \
    "{'metadata':{'name':'" name "','uid':'n-" name "','resourceVersion':'" version "'},"          \
    "'status':{'conditions':[{'type':'Ready','status':'" ready "'}]}}"
#define STAGE_LIST(version, more, items)                                                           \
    "{'kind':'List','metadata':{'resourceVersion':'" version "'" more "},'items':[" items "]}"
#define STAGE_EVENT(type, object) "{'type':'" type "','object':" object "}\n"
#define STAGE_STATUS(code, reason, message)                                                        \
    "{'kind':'Status','metadata':{},'status':'Failure','message':'" message "','reason':'" reason  \
    "','code':" code "}"

#define DEPLOYMENTS "/apis/apps/v1/deployments"
#define SETS        "/apis/apps/v1/replicasets"

#endif
