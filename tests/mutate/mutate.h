/* mutate.h: what instrumented code is made of: every change lies beside the original, and a
 * number read once says which single one is in force. Included before each instrumented file. */
#ifndef LOCKSTEP_TESTS_MUTATE_MUTATE_H
#define LOCKSTEP_TESTS_MUTATE_MUTATE_H

struct mutant {
    const char *file;
    unsigned line;
    const char *change;
    const char *source; /* the line, without its indent */
};
/* Made by instrument.py; number 0 is the code as it was written. */
extern const struct mutant mutants[];
extern const unsigned mutant_count; /* with number 0 */

extern unsigned mutate_chosen;
extern unsigned char *mutate_reached; /* by number; NULL: nobody wants to know */

static inline _Bool mutate(unsigned id)
{
    if (__builtin_expect(mutate_reached != 0, 0))
        mutate_reached[id] = 1;
    return mutate_chosen == id;
}

/* Operands are evaluated once, and no more of them than the original does. */
#define MUTATE_1(id, a, op, other, b)                                                              \
    __extension__({                                                                                \
        __auto_type a_ = a;                                                                        \
        __auto_type b_ = b;                                                                        \
        mutate(id) ? a_ other b_ : a_ op b_;                                                       \
    })
#define MUTATE_2(id, a, op, other, third, b)                                                       \
    __extension__({                                                                                \
        __auto_type a_ = a;                                                                        \
        __auto_type b_ = b;                                                                        \
        mutate(id) ? a_ other b_ : mutate((id) + 1) ? a_ third b_ : a_ op b_;                      \
    })
/* id: the other operator; id + 1: only a; id + 2: only b. */
#define MUTATE_AND(id, a, b)                                                                       \
    __extension__({                                                                                \
        _Bool a_ = a, swap_ = mutate(id), left_ = mutate((id) + 1), right_ = mutate((id) + 2);     \
        left_ ? a_ : (swap_ ? !a_ : a_ || right_) ? (_Bool)(b) : swap_;                            \
    })
#define MUTATE_OR(id, a, b)                                                                        \
    __extension__({                                                                                \
        _Bool a_ = a, swap_ = mutate(id), left_ = mutate((id) + 1), right_ = mutate((id) + 2);     \
        left_ ? a_ : (swap_ ? a_ : !a_ || right_) ? (_Bool)(b) : !swap_;                           \
    })
#define MUTATE_ASSIGN(id, a, op, other, b)                                                         \
    __extension__({                                                                                \
        __auto_type a_ = &a;                                                                       \
        __auto_type b_ = b;                                                                        \
        mutate(id) ? (*a_ other b_) : (*a_ op b_);                                                 \
    })
#define MUTATE_INVERT(id, a) ((_Bool)(a) != mutate(id))
#define MUTATE_ZERO(id, a)   (a + (int)mutate(id))
#define MUTATE_NUMBER(id, a) (a + (int)mutate(id) - (int)mutate((id) + 1))

#endif
