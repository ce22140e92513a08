/* Every status of the header that a C caller can meet, met; and those that no call gives, with the reason. */
#include "check.h"

#include <sys/wait.h>

static const struct {
    bactrian_status status;
    const char *why;
} OUT_OF_REACH[] = {
    {BACTRIAN_STATUS_NOT_ENOUGH_DATA, "a fit reports the columns that it skips; the models that fail by it have no C call"},
    {BACTRIAN_STATUS_INTERNAL, "a mistake of the library, which tests are there to keep out: ffi/src/error/tests.rs"},
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static int met[1000], known[1000];

/* The statuses are those of the header, so that a new one without a case is noticed. */
static size_t read_header(void) {
    FILE *header = fopen("include/bactrian.h", "r");
    char line[512], name[128];
    unsigned number;
    size_t count = 0;
    CHECK(header != NULL);
    while (fgets(line, sizeof line, header)) {
        if (sscanf(line, " BACTRIAN_STATUS_%127[A-Z0-9_] = %u,", name, &number) != 2 || number == 0) continue;
        CHECK(number < LENGTH(known) && !known[number]);
        CHECK(strcmp(bactrian_status_text(number), "unknown status") != 0);
        known[number] = 1;
        count++;
    }
    fclose(header);
    return count;
}

#define MEETS(call, status) \
    do { \
        FAILS(call, status); \
        met[status] = 1; \
    } while (0)

static void definitions(void) {
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    const bactrian_problem *problem;
    bactrian_problems *problems = NULL;

    MEETS(bactrian_definition_from_toml("[feature.orders]\ncuont = \"event\"\n[feature.spend]\nsmu = 1\n", &definition),
          BACTRIAN_STATUS_DEFINITION_INVALID);
    CHECK(bactrian_error_problem_count() >= 2);
    problem = bactrian_error_problem(1);
    CHECK(problem->severity == BACTRIAN_SEVERITY_ERROR && problem->line > 0 && problem->column > 0);
    CHECK(strstr(problem->path, "feature.orders") == problem->path);
    CHECK(bactrian_error_problem(bactrian_error_problem_count()) == NULL);

    OK(bactrian_check("[feature.orders]\ncuont = \"event\"\n", &problems));
    CHECK(bactrian_problems_count(problems) >= 1);
    CHECK(bactrian_problems_at(problems, bactrian_problems_count(problems)) == NULL);
    bactrian_problems_free(problems);
    OK(bactrian_check(SHOP, &problems));
    CHECK(bactrian_problems_count(problems) == 0 ||
          bactrian_problems_at(problems, 0)->severity == BACTRIAN_SEVERITY_WARNING);
    bactrian_problems_free(problems);

    FAILS(bactrian_definition_from_file("/nowhere/at/all.toml", &definition), BACTRIAN_STATUS_STORE_IO);
    OK(bactrian_definition_from_file("tests/golden/design.toml", &definition));
    OK(bactrian_engine_open(NULL, definition, NULL, &engine));
    bactrian_engine_free(engine);
    bactrian_definition_free(definition);
    OK(bactrian_definition_from_toml("[event.message]\ncustomer = \"a\"\npeer = \"b\"\nat = \"at\"\n"
                                     "[score.warmth]\nmean = \"1.0\"\non = \"message\"\ntoward = \"supplier\"\n",
                                     &definition));
    MEETS(bactrian_engine_open(NULL, definition, NULL, &engine), BACTRIAN_STATUS_DEFINITION_NOT_YET);
    CHECK(bactrian_error_problem_count() > 0);
    bactrian_definition_free(definition);
}

static void what_is_passed(bactrian_engine *engine) {
    bactrian_id anna = bactrian_id_text("anna"), nobody = bactrian_id_text("nobody"), number = bactrian_id_number(1);
    bactrian_field field = bactrian_field_number("amount", 1.0);
    bactrian_event event = BACTRIAN_EVENT_INIT;
    bactrian_ask ask = BACTRIAN_ASK_INIT;
    bactrian_reader *reader = NULL;
    bactrian_decision *decision = NULL;
    bactrian_explanation *explanation = NULL;
    bactrian_ids *ids = NULL;
    struct ArrowArrayStream stream;
    const char *columns[] = {"spned"};
    double value = 7.0;

    event.kind = "purchase";
    event.customer = &anna;
    event.fields = &field;
    event.fields_length = 1;

    field.type = 99;
    MEETS(bactrian_engine_observe(engine, &event, NULL), BACTRIAN_STATUS_SCHEMA_TYPE);
    field.type = BACTRIAN_TYPE_WHOLE;
    FAILS(bactrian_engine_observe(engine, &event, NULL), BACTRIAN_STATUS_SCHEMA_TYPE);
    columns[0] = "warmth";
    MEETS(bactrian_engine_score(engine, NULL, 0, columns, 1, NULL, BACTRIAN_NOW, &stream),
          BACTRIAN_STATUS_SCHEMA_MISSING);
    memset(&stream, 0, sizeof stream);
    MEETS(bactrian_engine_observe_arrow(engine, &stream, NULL, NULL), BACTRIAN_STATUS_SCHEMA_ARROW);
    field = bactrian_field_number("amount", NAN);
    field.value.number = INFINITY;
    MEETS(bactrian_engine_observe(engine, &event, NULL), BACTRIAN_STATUS_ROW_REJECTED);
    MEETS(bactrian_engine_observe(engine, NULL, NULL), BACTRIAN_STATUS_NULL_POINTER);
    event.kind = "\xff";
    MEETS(bactrian_engine_observe(engine, &event, NULL), BACTRIAN_STATUS_INVALID_UTF8);
    ask.struct_size = 3;
    MEETS(bactrian_engine_decide_with(engine, &anna, &ask, &decision), BACTRIAN_STATUS_STRUCT_SIZE);

    columns[0] = "spned";
    MEETS(bactrian_reader_prepare(engine, columns, 1, &reader), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    SAME(bactrian_error_hint(), "did you mean `spend`?");
    FAILS(bactrian_engine_fit(engine, columns, 1, NULL), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    FAILS(bactrian_engine_explain(engine, &anna, "spned", NULL, BACTRIAN_NOW, &explanation),
          BACTRIAN_STATUS_UNKNOWN_COLUMN);
    columns[0] = "spend";
    OK(bactrian_reader_prepare(engine, columns, 1, &reader));
    MEETS(bactrian_reader_read(reader, &nobody, NULL, BACTRIAN_NOW, &value), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    FAILS(bactrian_reader_read(reader, &number, NULL, BACTRIAN_NOW, &value), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    FAILS(bactrian_reader_read(reader, &anna, &nobody, BACTRIAN_NOW, &value), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    FAILS(bactrian_engine_merge(engine, &anna, &nobody), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    MEETS(bactrian_engine_merge(engine, &anna, &anna), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_engine_peers(engine, &nobody, NULL, &ids), BACTRIAN_STATUS_UNKNOWN_CUSTOMER);
    MEETS(bactrian_engine_segment(engine, "valeu", &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_ledger_by(engine, "valeu", &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_members(engine, "valeu", "low", &ids), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_crossings(engine, "valeu", INT64_MIN, &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_transitions(engine, "valeu", 0, 1, 0, 1, &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_transitions(engine, "value", 1, 1, 0, 1, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_engine_stability(engine, "valeu", 0, 1, &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_segment_values(engine, "valeu", NULL, 0, &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_drift(engine, "valeu", 0, NULL, 0, &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_belonging(engine, "valeu", NULL, &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    FAILS(bactrian_engine_market(engine, columns, 1, NULL, 0, 1, &stream), BACTRIAN_STATUS_SCHEMA_RANGE);
    FAILS(bactrian_engine_market(engine, NULL, 0, NULL, 0, 2, &stream), BACTRIAN_STATUS_SCHEMA_MISSING);
    FAILS(bactrian_engine_ablate(engine, "spend", columns, columns, 1, BACTRIAN_NOW, &stream),
          BACTRIAN_STATUS_SCHEMA_MISSING);
    FAILS(bactrian_engine_associations(engine, "valeu", NULL, 0, NULL, &stream), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    FAILS(bactrian_engine_lifts(engine, "value", "spned", NULL, &stream), BACTRIAN_STATUS_UNKNOWN_COLUMN);
    FAILS(bactrian_engine_look_alikes(engine, "value", "nowhere", columns, 1, 0, &stream), BACTRIAN_STATUS_UNKNOWN_SEGMENT);
    field = bactrian_field_flag("concent", 1);
    MEETS(bactrian_engine_identify(engine, &anna, BACTRIAN_NOW, &field, 1, NULL), BACTRIAN_STATUS_UNKNOWN_WORD);
    field = bactrian_field_text("consent", "maybe");
    FAILS(bactrian_engine_identify(engine, &anna, BACTRIAN_NOW, &field, 1, NULL), BACTRIAN_STATUS_ROW_REJECTED);

    MEETS(bactrian_reader_read(reader, &anna, NULL, -DAY, &value), BACTRIAN_STATUS_TIME_PAST);
    FAILS(bactrian_engine_decide(engine, &anna, NULL, -DAY, &decision), BACTRIAN_STATUS_TIME_PAST);
    FAILS(bactrian_engine_advance_to(engine, -DAY, NULL), BACTRIAN_STATUS_TIME_PAST);
    OK(bactrian_engine_set_ceiling(engine, 10 * DAY));
    MEETS(bactrian_engine_advance_to(engine, 11 * DAY, NULL), BACTRIAN_STATUS_TIME_BEYOND_CEILING);
    FAILS(bactrian_engine_decide(engine, &anna, NULL, 11 * DAY, &decision), BACTRIAN_STATUS_TIME_BEYOND_CEILING);
    OK(bactrian_engine_set_ceiling(engine, INT64_MAX)); /* a moment that no record can have, whatever the ceiling */
    FAILS(bactrian_engine_decide(engine, &anna, NULL, INT64_MAX, &decision), BACTRIAN_STATUS_TIME_BEYOND_CEILING);
    OK(bactrian_engine_set_ceiling(engine, 10 * DAY));
    FAILS(buy(engine, &anna, 1.0, 11 * DAY, NULL), BACTRIAN_STATUS_ROW_REJECTED);
    OK(bactrian_engine_advance_to(engine, 10 * DAY, NULL));

    CHECK(value == 7.0 && !decision && !explanation && !ids); /* outputs are written on success alone */
    bactrian_reader_free(reader);
}

static void files(void) {
    const char *path = scratch("shop.bactrian");
    bactrian_options options = BACTRIAN_OPTIONS_INIT;
    bactrian_definition *other = NULL;
    bactrian_engine *engine = NULL, *second = NULL;
    bactrian_id anna = bactrian_id_text("anna");
    FILE *file;

    FAILS(bactrian_engine_open(path, NULL, NULL, &engine), BACTRIAN_STATUS_SCHEMA_MISSING);
    remove(path);
    OK(bactrian_definition_from_toml("[event.visit]\ncustomer = \"who\"\nat = \"when\"\n"
                                     "[feature.visits]\ncount = \"event\"\non = \"visit\"\n",
                                     &other));
    MEETS(bactrian_engine_open("/nowhere/at/all.bactrian", other, NULL, &engine), BACTRIAN_STATUS_STORE_IO);

    engine = open_shop(path);
    OK(buy(engine, &anna, 8.0, 0, NULL));
    MEETS(bactrian_engine_open(path, NULL, NULL, &second), BACTRIAN_STATUS_STORE_LOCKED);
    OK(bactrian_engine_close(engine));
    MEETS(buy(engine, &anna, 8.0, 0, NULL), BACTRIAN_STATUS_CLOSED);
    FAILS(bactrian_engine_close(engine), BACTRIAN_STATUS_CLOSED);
    bactrian_engine_free(engine);

    MEETS(bactrian_engine_open(path, other, NULL, &engine), BACTRIAN_STATUS_DEFINITION_MISMATCH);
    options.read_only = 1;
    OK(bactrian_engine_open(path, NULL, &options, &engine));
    MEETS(buy(engine, &anna, 8.0, 0, NULL), BACTRIAN_STATUS_READ_ONLY);
    bactrian_engine_free(engine);

    file = fopen(path, "wb");
    CHECK(file && fputs("this is no engine", file) >= 0 && fclose(file) == 0);
    MEETS(bactrian_engine_open(path, NULL, NULL, &engine), BACTRIAN_STATUS_STORE_CORRUPT);
    bactrian_definition_free(other);
    remove(path);
}

static void partial_states(const bactrian_engine *engine) {
    bactrian_engine *whole = open_shop(NULL);
    bactrian_partial *part = NULL;
    bactrian_stats stats = BACTRIAN_STATS_INIT;
    OK(bactrian_engine_partial(engine, &part));
    OK(bactrian_engine_absorb(whole, bactrian_partial_data(part), bactrian_partial_length(part), NULL));
    OK(bactrian_engine_stats(whole, &stats));
    CHECK(stats.customers == 1);
    MEETS(bactrian_engine_absorb(whole, bactrian_partial_data(part), bactrian_partial_length(part), NULL),
          BACTRIAN_STATUS_NOT_MERGEABLE);
    {
        /* The same bytes as of a release to come: the second is the version. */
        const size_t length = bactrian_partial_length(part);
        uint8_t *later = (uint8_t *)malloc(length);
        CHECK(later != NULL && length > 2);
        memcpy(later, bactrian_partial_data(part), length);
        later[1] = 0xff;
        MEETS(bactrian_engine_absorb(whole, later, length, NULL), BACTRIAN_STATUS_STORE_VERSION);
        later[1] = bactrian_partial_data(part)[1];
        later[length / 2] ^= 1;
        FAILS(bactrian_engine_absorb(whole, later, length, NULL), BACTRIAN_STATUS_STORE_CORRUPT);
        free(later);
    }
    bactrian_partial_free(part);
    bactrian_engine_free(whole);
}

static int32_t stop(void *context) {
    (void)context;
    return 1;
}

static void decisions_and_interrupts(const bactrian_engine *engine) {
    bactrian_recorded_decision *recorded = NULL;
    struct ArrowArrayStream stream;
    MEETS(bactrian_engine_recorded(engine, 7, &recorded), BACTRIAN_STATUS_UNKNOWN_DECISION);
    OK(bactrian_engine_set_interrupt(engine, stop, NULL, NULL));
    MEETS(bactrian_engine_score(engine, NULL, 0, NULL, 0, NULL, BACTRIAN_NOW, &stream), BACTRIAN_STATUS_INTERRUPTED);
    OK(bactrian_engine_set_interrupt(engine, NULL, NULL, NULL));
}

/* The child of a fork must leave the file of its parent alone. How its call ended goes through a pipe: Valgrind takes the exit code
   for what only the threads that the child does not have could give back. */
static void forks(void) {
    const char *path = scratch("fork.bactrian");
    bactrian_engine *engine = open_shop(path);
    bactrian_id anna = bactrian_id_text("anna");
    uint32_t ended = 0;
    int ends[2];
    pid_t child;
    CHECK(pipe(ends) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        ended = (uint32_t)buy(engine, &anna, 8.0, 0, NULL);
        _exit(write(ends[1], &ended, sizeof ended) != (ssize_t)sizeof ended);
    }
    CHECK(read(ends[0], &ended, sizeof ended) == (ssize_t)sizeof ended && waitpid(child, NULL, 0) == child);
    CHECK(ended == BACTRIAN_STATUS_FORKED);
    close(ends[0]);
    close(ends[1]);
    met[BACTRIAN_STATUS_FORKED] = 1;
    OK(buy(engine, &anna, 8.0, 0, NULL)); /* the parent goes on */
    bactrian_engine_free(engine);
    remove(path);
}

static void callbacks(void) {
    bactrian_definition *definition = NULL;
    bactrian_engine *engine = NULL;
    struct ArrowArrayStream stream;
    OK(bactrian_definition_from_toml("[trait]\nage = \"number\"\n[score.risk]\ncallback = \"model\"\nversion = \"1\"\n"
                                     "inputs = \"age\"\n",
                                     &definition));
    OK(bactrian_engine_open(NULL, definition, NULL, &engine));
    MEETS(bactrian_engine_score(engine, NULL, 0, NULL, 0, NULL, BACTRIAN_NOW, &stream), BACTRIAN_STATUS_CALLBACK);
    bactrian_definition_free(definition);
    bactrian_engine_free(engine);
}

int main(void) {
    bactrian_engine *engine = open_shop(NULL);
    bactrian_id anna = bactrian_id_text("anna");
    size_t i, j;

    CHECK(read_header() > 25);
    OK(buy(engine, &anna, 8.0, 0, NULL));
    partial_states(engine);
    decisions_and_interrupts(engine);
    forks();
    definitions();
    what_is_passed(engine);
    callbacks();
    files();
    bactrian_engine_free(engine);

    for (i = 0; i < LENGTH(known); i++) {
        int excused = 0;
        for (j = 0; j < LENGTH(OUT_OF_REACH); j++) excused |= OUT_OF_REACH[j].status == (bactrian_status)i && *OUT_OF_REACH[j].why;
        if (!known[i] || met[i] != excused) continue;
        fprintf(stderr, "status %u (%s) was %s\n", (unsigned)i, bactrian_status_text((unsigned)i),
                excused ? "met: take it off the list" : "not met");
        return 1;
    }
    return 0;
}
