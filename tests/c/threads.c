/* Many threads on one engine: readers and deciders beside a writer, and an error for each thread. */
#include "check.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 200 };

static const bactrian_engine *engine;
static const bactrian_reader *reader;

static void *work(void *argument) {
    uint64_t number = *(const uint64_t *)argument;
    bactrian_id customer = bactrian_id_number(number), nobody = bactrian_id_number(1000 + number);
    bactrian_decision *decision = NULL;
    char expected[64];
    double spend, before = 0.0;
    int i;

    snprintf(expected, sizeof expected, "no customer `%u`", (unsigned)(1000 + number));
    for (i = 0; i < ROUNDS; i++) {
        OK(buy(engine, &customer, 1.0, 0, NULL));
        OK(bactrian_reader_read(reader, &customer, NULL, BACTRIAN_NOW, &spend));
        CHECK(spend == before + 1.0);
        before = spend;
        FAILS(bactrian_reader_read(reader, &nobody, NULL, BACTRIAN_NOW, &spend), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
        SAME(bactrian_error_message(), expected);
        OK(bactrian_engine_decide(engine, &customer, NULL, BACTRIAN_NOW, &decision));
        bactrian_decision_free(decision);
    }
    return NULL;
}

int main(void) {
    bactrian_engine *opened = open_shop(NULL);
    bactrian_reader *prepared = NULL;
    bactrian_stats stats = BACTRIAN_STATS_INIT;
    const char *columns[] = {"spend"};
    uint64_t numbers[THREADS];
    pthread_t threads[THREADS];
    int i;

    OK(bactrian_reader_prepare(opened, columns, 1, &prepared));
    engine = opened;
    reader = prepared;
    for (i = 0; i < THREADS; i++) {
        numbers[i] = (uint64_t)i;
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(bactrian_error_status() == BACTRIAN_STATUS_OK); /* theirs, not ours */
    OK(bactrian_engine_stats(engine, &stats));
    CHECK(stats.customers == THREADS);
    bactrian_reader_free(prepared);
    bactrian_engine_free(opened);
    return 0;
}
