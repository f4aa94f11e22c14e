/* frame.h: what the engine publishes: one immutable picture with its judgements.
 *
 * Sealed and reference-counted; every front end draws or prints from a frame and
 * from nothing else. All strings are clean. */
#ifndef LOCKSTEP_FRAME_H
#define LOCKSTEP_FRAME_H

#include "drivers/driver.h"
#include "guard/floor.h"
#include "guard/verdict.h"
#include "model/fleet.h"
#include "release/action.h"
#include "release/stage.h"

/* In order of urgency: the order of the first screen. */
enum board_state {
    BOARD_FAILED,
    BOARD_STUCK,
    BOARD_GLASS,    /* somebody broke the glass, and what runs breaks a rule since */
    BOARD_VIOLATED, /* a rule is broken by what runs, whoever did it */
    BOARD_ROLLING_BACK,
    BOARD_MOVING,
    BOARD_HELD, /* in flight and resting, paused, or a new version waits */
    BOARD_STEADY,
    BOARD_STALE, /* the last facts are too old to say */
    BOARD_COUNT
};
extern const char *const board_word[BOARD_COUNT]; /* "failed", "stuck", … */

/* What one of the keys S P R U would do now. */
struct option {
    bool offered;       /* makes sense in this state at all */
    bool allowed;       /* offered, and guard and permissions say yes */
    const char *effect; /* "3 -> 8 of 8 on 5" or, refused, why in one clause */
    uint32_t to_count;
    struct verdict verdict; /* of the guard; zeroed when not offered */
};

struct safety;
enum row_limit { ROW_STEPS_MAX = 9 }; /* the canary and eight waves */

/* Somebody went past rules that are enforced: on record until the fleet is allowed again. */
struct glass_view {
    bool broken;             /* false: nothing below counts */
    bool open;               /* it still lets this verb go past these rules; else it is over */
    bool waits;              /* open, and a second identity must press the same */
    enum verb verb;          /* that it was broken for */
    const char *rules;       /* that were passed, "R3 R1" */
    const char *reason, *by; /* as typed; who, as the engine says */
    const char *second;      /* who confirmed, or "" */
    int64_t at_utc_ms, until_utc_ms;
};

/* What U takes. */
struct undo_view {
    bool offered;         /* false: nothing below counts */
    uint32_t moves, warm; /* instances that are to be replaced; of the version before, serving */
    int64_t least_ms,
        most_ms;     /* if all of them move at once, one step after the other; -1 unknown */
    int64_t took_ms; /* that is: how long the last step took, */
    uint32_t timed;  /* for so many */
};

/* One service as shown; sealed and shared between frames while nothing of it changes. */
struct row {
    const struct service *service;
    const struct release *release; /* NULL: none on record */
    enum board_state state;
    const char *from, *to;           /* versions; to "" when nothing is in flight */
    uint32_t have, want;             /* instances serving on the version that matters, wanted */
    uint32_t step, steps;            /* of the plan; steps 0: none */
    uint32_t step_at[ROW_STEPS_MAX]; /* instances on `to` after each step; 0: not known */
    uint32_t ghosts;                 /* instances that may still run on silent nodes */
    struct stage_view stages;        /* active only where the profile has stages;
                                        whole_ms 0: it has none */
    const struct evidence *evidence; /* what the bake that runs is judged by; NULL: nothing */
    struct undo_view undo;
    struct floor_view floor;
    struct glass_view glass;
    int64_t stable_since_utc_ms; /* nothing in flight, at one version since; -1: not, or not
                                    known */
    int64_t stable_left_ms;      /* from judged_utc_ms until a data step may build on it; 0: it may,
                                    -1 unknown */
    int64_t judged_utc_ms;       /* when all this was so */
    const char *why;             /* single most specific reason, or "" */
    const char *by;              /* who started it, or "" */
    int64_t since_utc_ms;        /* rollout began; -1 unknown */
    bool moves_by_itself;        /* goes on if lockstep disconnects */
    const char *drift;           /* what differs from what was asked for, or "" */
    const struct finding *broken; /* what is wrong already; see guard_watch */
    size_t broken_count;
    struct option option[VERB_COUNT]; /* STEP, PAUSE, RESUME, ROLLBACK; START where one waits */
    uint64_t basis;                   /* digest of the inputs of these verdicts */
    const struct safety *safety;      /* board/safety.h; NULL only in pictures made by hand */
    /* private */
    int64_t watch_due_utc_ms; /* when `broken` may grow although nothing is observed */
    struct arena *arena;
    unsigned refs;
};

struct board_cluster {
    const char *name, *kind;
    enum cluster_state state;
    int64_t age_ms;  /* of the newest fact */
    const char *why; /* when not live; else what is not shown: "pay not seen", "1 pod left out" */
    bool production, read_only;
    const char *who; /* identity as the engine says; "" not known yet */
    bool may_act;
    const char *note; /* permission that is missing, journal trouble, drift note … or "" */
    const char *const *lacks; /* all that this identity may not, one sentence each */
    size_t lack_count;
};

/* Something wrong with what runs, with memory: rule 3 is not a moment. At most one is open per
 * service, kind and rule. */
struct alarm {
    const char *cluster, *service_id, *name; /* service name, or node name */
    enum rule_id rule;
    enum alarm_kind kind;
    const char *sentence;      /* with the witness */
    const char *object, *fact; /* the first witness: "node w3", "silent, last ran 4"; or "" */
    const char *way_out;       /* or "" */
    int64_t first_utc_ms, last_utc_ms;
    bool resolved;
};

/* What an event is about: the first word of a line of the timeline. */
enum event_kind {
    EVENT_NOTE,    /* the engine's words */
    EVENT_CHANGE,  /* somebody changed what is asked for: version, image, configuration, scale */
    EVENT_ACTION,  /* a key or a verb of lockstep's */
    EVENT_RULE,    /* a rule is broken, or not any more */
    EVENT_NODE,    /* a node came, went, fell silent */
    EVENT_CLUSTER, /* the connection */
    EVENT_COUNT
};
extern const char *const event_word[EVENT_COUNT]; /* "note", "change", … */

struct board_event {
    enum event_kind kind;
    int64_t at_utc_ms;
    const char *cluster, *name; /* service or node name, or "" */
    const char *text;
    const char *by; /* "" unknown */
};

/* The log that somebody reads; sealed and shared between frames while nothing is added. */
enum log_state { LOG_ASKED, LOG_FOLLOWS, LOG_ENDED, LOG_FAILED };
struct log_happened {
    int64_t at_utc_ms; /* -1 unknown */
    const char *text;
};
struct log_view {
    const char *cluster, *service_id, *instance; /* instance "": none is known yet */
    bool previous;                               /* of before its last restart */
    enum log_state state;
    const char *why;         /* LOG_FAILED: what went wrong, and what to do */
    const char *const *line; /* oldest first */
    size_t line_count;
    uint64_t dropped;                    /* older lines that had to go */
    const struct log_happened *happened; /* oldest first */
    size_t happened_count;
    /* private */
    struct arena *arena;
    unsigned refs;
};

/* What the local record says of actions before this program began; read once, shared. */
struct board_past {
    const struct board_event *events; /* newest first, bounded */
    size_t count;
    /* private */
    struct arena *arena;
    unsigned refs;
};
const struct board_past *past_ref(const struct board_past *past);
void past_unref(const struct board_past *past); /* NULL is fine; any thread */

struct frame {
    uint64_t seq;
    int64_t now_ms, utc_ms; /* when it was made */
    const struct snapshot *snapshot;
    const struct row *const *rows; /* in order of urgency, then cluster, then name */
    size_t row_count;
    const struct board_cluster *clusters;
    size_t cluster_count;
    const struct action_status *actions; /* running and lately ended, newest first */
    const uint64_t *tickets;             /* of actions, by index */
    size_t action_count;
    const struct alarm *alarms; /* open ones first */
    size_t alarm_count;
    const struct board_event *events; /* newest first, bounded */
    size_t event_count;
    struct told *told;             /* where the events lie: frames share them */
    const struct board_past *past; /* NULL: no record is kept */
    int64_t opened_utc_ms;         /* since when events are heard */
    bool synced; /* every cluster has been heard completely, or is known not to answer */
    unsigned
        settling;    /* actions of processes that died, not settled yet, of clusters that answer */
    bool no_journal; /* there should be one and it cannot be written: pause and undo only */
    const char *notice;         /* one line about lockstep itself (journal, disk), or "" */
    const char *caption;        /* demo stories, or "" */
    const struct log_view *log; /* NULL: nobody reads one */
    /* private */
    struct arena *arena;
    unsigned refs;
};

const struct frame *frame_ref(const struct frame *frame);
void frame_unref(const struct frame *frame); /* NULL is fine; any thread */
const struct log_view *log_view_ref(const struct log_view *log);
void log_view_unref(const struct log_view *log); /* NULL is fine; any thread */
/* NULL when not there. `service`: id, or name when it is unambiguous in the frame. */
const struct row *frame_find_row(const struct frame *frame, const char *cluster,
                                 const char *service);

#endif
