/* judge.h: inside the guard only: how rules write their findings. */
#ifndef LOCKSTEP_GUARD_JUDGE_H
#define LOCKSTEP_GUARD_JUDGE_H

#include "guard/verdict.h"

#include <stdbool.h>

/* Rows of evidence per finding; a thousand nodes prove no more than the first few. */
enum { WITNESS_MAX = 16 };

bool answer_is_broken(enum answer answer);

/* Every finding with this answer, nothing broken yet. */
void verdict_begin(struct verdict *verdict, enum answer answer);
/* Sets answer and first from the findings. `first` points into *verdict. */
void verdict_settle(struct verdict *verdict);

struct finding finding_of(enum rule_id rule, enum answer answer);
/* The first reason stays, unless a refusal follows an unknown. */
void finding_break(struct finding *finding, enum answer answer, const char *sentence,
                   const char *way_out);
/* Adds a row unless it is there already; beyond WITNESS_MAX rows are dropped. */
void finding_witness(struct finding *finding, struct arena *arena, const char *object,
                     const char *fact, int64_t age_ms);

#endif
