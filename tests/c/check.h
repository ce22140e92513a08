/* What the test programs share: checks that stop at the first failure, and a small shop. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bactrian.h"

#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
/* The call succeeds. */
#define OK(call) check_status((call), BACTRIAN_STATUS_OK, #call, __FILE__, __LINE__)
/* The call fails with this status, and the thread's last error says so. */
#define FAILS(call, status) check_status((call), (status), #call, __FILE__, __LINE__)
/* The texts are the same. */
#define SAME(found, expected) check_text((found), (expected), #found, __FILE__, __LINE__)

#define DAY ((int64_t)86400000000)

static inline void check_that(int holds, const char *what, const char *file, int line) {
    if (!holds) {
        fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
        exit(1);
    }
}

static inline void check_status(bactrian_status found, bactrian_status expected, const char *what, const char *file,
                                int line) {
    if (found != expected) {
        fprintf(stderr, "%s:%d: %s gives %u (%s), not %u: %s\n", file, line, what, (unsigned)found,
                bactrian_status_text(found), (unsigned)expected, found ? bactrian_error_message() : "");
        exit(1);
    }
    if (expected != BACTRIAN_STATUS_OK) {
        check_that(bactrian_error_status() == expected, "the last error has the status", file, line);
        check_that(bactrian_error_message()[0] != 0, "the last error has a message", file, line);
    }
}

static inline void check_text(const char *found, const char *expected, const char *what, const char *file, int line) {
    if (!found || strcmp(found, expected) != 0) {
        fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", file, line, what, found ? found : "NULL", expected);
        exit(1);
    }
}

/* A shop whose customers buy and write to each other. Nothing in it needs a fit. */
static const char SHOP[] = "[event.purchase]\n"
                           "customer = \"customer\"\n"
                           "at       = \"at\"\n"
                           "amount   = \"amount\"\n"
                           "need     = \"need\"\n"
                           "[event.message]\n"
                           "customer = \"customer\"\n"
                           "peer     = \"peer\"\n"
                           "at       = \"at\"\n"
                           "[trait]\n"
                           "consent  = \"bool\"\n"
                           "city     = \"category\"\n"
                           "[tie.talk]\n"
                           "on        = \"message\"\n"
                           "half_life = \"30d\"\n"
                           "[feature.orders]\n"
                           "count = \"event\"\n"
                           "on    = \"purchase\"\n"
                           "[feature.spend]\n"
                           "sum       = \"amount\"\n"
                           "on        = \"purchase\"\n"
                           "half_life = \"90d\"\n"
                           "[score.warmth]\n"
                           "mean   = \"-ln(reply_seconds + 1.0)\"\n"
                           "on     = \"message\"\n"
                           "toward = \"peer\"\n"
                           "shrink = 2.0\n"
                           "[segment.value]\n"
                           "axis.spend = { of = \"spend\", edges = [10.0, 100.0], labels = [\"low\", \"mid\", \"high\"] }\n"
                           "decide_on  = [\"enter\"]\n"
                           "[action.thanks]\n"
                           "channel  = \"email\"\n"
                           "eligible = 'value == \"high\" && consent'\n"
                           "response = \"0.1\"\n"
                           "value    = \"0.2 * spend\"\n"
                           "cost     = 0.4\n"
                           "[action.hello]\n"
                           "channel  = \"email\"\n"
                           "eligible = \"orders >= 1\"\n"
                           "response = \"0.01\"\n"
                           "value    = \"spend\"\n"
                           "cost     = 0.05\n"
                           "[decide]\n"
                           "attention = 0.05\n"
                           "[contact.email]\n"
                           "at_most = 2\n"
                           "per     = \"7d\"\n";

/* The shop in memory (NULL) or in a file. */
static inline bactrian_engine *open_shop(const char *path) {
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    OK(bactrian_definition_from_toml(SHOP, &definition));
    OK(bactrian_engine_open(path, definition, NULL, &engine));
    bactrian_definition_free(definition);
    return engine;
}

/* One purchase. */
static inline bactrian_status buy(const bactrian_engine *engine, const bactrian_id *who, double amount, int64_t at,
                                  bactrian_report **report) {
    bactrian_field field = bactrian_field_number("amount", amount);
    bactrian_event event = BACTRIAN_EVENT_INIT;
    event.kind = "purchase";
    event.customer = who;
    event.at = at;
    event.fields = &field;
    event.fields_length = 1;
    return bactrian_engine_observe(engine, &event, report);
}

/* A path in a fresh folder of its own; the folder is left to the system's cleaning. */
static inline const char *scratch(const char *name) {
    static char path[512];
    const char *folder = getenv("TMPDIR");
    char made[256];
    CHECK(snprintf(made, sizeof made, "%s/bactrian.XXXXXX", folder ? folder : "/tmp") < (int)sizeof made);
    CHECK(mkdtemp(made) != NULL);
    CHECK(snprintf(path, sizeof path, "%s/%s", made, name) < (int)sizeof path);
    return path;
}

#endif
