/* stage.h: the stages of a release: where it is, what the next key does, and what it waits for.
 *
 * Pure, and without memory: all of it follows from the record in the ledger, the counts of the
 * engine and the clock, so that two operators see the same stage and a restart loses nothing. A
 * bake begins when the youngest instance under watch came to its state: a restart begins it anew.
 */
#ifndef LOCKSTEP_RELEASE_STAGE_H
#define LOCKSTEP_RELEASE_STAGE_H

#include "release/plan.h"
#include "release/release.h"

struct evidence; /* health/evidence.h */

enum rehearsal { REHEARSE_NEVER, REHEARSE_SOMETIMES, REHEARSE_ALWAYS };

struct profile {
    const char *name;
    enum rehearsal rehearsal;
    int64_t bake_ms;   /* of the canary, and after it was rolled back */
    int64_t wave_ms;   /* bake of each wave */
    int64_t stable_ms; /* as long as it must have been stable before a data step builds on it */
    int64_t again_ms;  /* REHEARSE_SOMETIMES: when the last one is older than this */
    int64_t valid_ms;  /* age at which a certificate is void */
    struct plan plan;  /* wave_count 0: as configured */
};

/* "plain" is the first: canary and waves, nothing between, no certificate. */
extern const struct profile profiles[];
extern const size_t profile_count;
const struct profile *profile_find(const char *name); /* NULL when none is called that; "": plain */
bool profile_is_plain(const struct profile *profile); /* NULL is plain */
struct plan profile_plan(const struct profile *profile, const struct plan *configured);

/* As the settings say: a service's own row, else the row of "", else plain. */
struct profile_row {
    const char *service;
    const struct profile *profile;
};
struct profile_policy {
    const struct profile_row *rows;
    size_t row_count;
    int64_t stable_ms;       /* instead of every profile's own; 0: theirs */
    int attended;            /* enum attendance */
    const char *rehearse_in; /* context whose certificates count as well; NULL or "": none */
};
/* Whether somebody must watch the bakes of a rehearsal, or it is only put on record. */
enum attendance { ATTENDED_RECORDED, ATTENDED_REQUIRED };
const struct profile *profile_for(const struct profile_policy *policy, const char *service);

/* Everything that counts. Instances on fenced nodes are gone already. */
struct stage_input {
    const struct profile *profile; /* never plain */
    const struct plan *plan;
    const struct release *release; /* of this flight; NULL: begun by somebody else */
    const char *from, *to;
    uint32_t replicas;
    uint32_t have, serving, ghosts;      /* on `to` */
    uint32_t others;                     /* on any other version */
    uint32_t failing;                    /* of both */
    bool moving, troubled;               /* not at rest; the engine says it goes wrong */
    int64_t young_to_ms, young_from_ms;  /* UTC; 0 not known */
    int64_t since_utc_ms;                /* of the rollout, as the engine says; -1 not known */
    const char *digest, *basis;          /* of what runs as `to`; of the rest. "" not known */
    const struct certificate *elsewhere; /* from the context where rehearsals count; NULL none */
    const char *elsewhere_name;          /* of that context */
    bool attend;                         /* policy: the rehearsal must be watched */
    bool measured;                       /* the settings say how this service is measured */
    const struct evidence *evidence;     /* as measured, of whichever bake; NULL: nothing yet */
    int64_t utc_ms;
    int64_t watched_utc_ms; /* since when this lockstep has been open; 0: it just looks */
};

struct stage_view {
    bool active;          /* a release with stages is in flight */
    const char *profile;  /* its name */
    enum stage stage;     /* where it is */
    uint32_t wave, waves; /* of them; 0: none yet */
    enum stage next;      /* what S does; STAGE_NONE: nothing */
    uint32_t next_count;  /* instances on `to` afterwards */
    bool again;           /* S finishes or repeats what was asked for */
    char waits[240];      /* why S must wait, "" when it may go */
    int64_t left_ms;      /* of this bake; 0: none runs */
    /* What this bake is judged by, where it is: the new version against the old one. */
    bool judged;       /* a bake runs, and measures decide */
    bool worse;        /* and say that the new version is worse */
    bool before_after; /* nothing of the old runs: against what it was before; weaker */
    const char *bake_version, *bake_control;
    int64_t bake_began_ms, bake_ms, before_utc_ms;
    int64_t total_ms;             /* until stable, at the least */
    int64_t whole_ms;             /* all of it, from the first key, at the least */
    bool rehearsal;               /* there is one in it */
    struct certificate cert;      /* as it is now */
    struct certificate next_cert; /* after S; `by` and `at_utc_ms` are the actor's */
    bool attend;                  /* policy: somebody must watch the bakes of the rehearsal */
    bool watched;                 /* this bake has been watched from its beginning */
    char elsewhere[64];           /* context whose certificate counts here, or "" */
    char voided[200];             /* why the certificate does not count, or "" */
    char voids[240];              /* what would void it, or "" */
};

void stage_look(const struct stage_input *in, struct stage_view *out);
/* What the whole will take, for a service where nothing is in flight. */
int64_t stage_whole_ms(const struct profile *profile, const struct plan *plan, uint32_t replicas,
                       bool rehearsal);
/* What of it a rule may rest on now: PROOF_NONE when it is void. */
enum proof stage_proof(const struct stage_view *view);
/* What the profile wants before the waves. */
enum proof stage_wants(const struct stage_view *view);
/* The certificate of another context counts: certified, this very artifact, not too old, beside
 * the same neighbours. */
bool stage_counts_elsewhere(const struct stage_input *in);
bool stage_rehearses(const struct profile *profile, const struct release *release, int64_t utc_ms);

#endif
