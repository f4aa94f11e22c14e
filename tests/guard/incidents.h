/* incidents.h: the post-mortems and control sequences of recordings/incidents, by name. */
#ifndef LOCKSTEP_TESTS_GUARD_INCIDENTS_H
#define LOCKSTEP_TESTS_GUARD_INCIDENTS_H

enum { INCIDENTS = 24 };

/* The name of the file, without ".json". test_incidents.c has what is expected of each. */
const char *incident_name(unsigned i);

#endif
