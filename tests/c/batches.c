/* Batches: plain columns in, Arrow streams out and in again, and streams that lie. */
#include "check.h"

enum { ROWS = 4 };

/* A stream made by hand: one struct array of customer (u64), at (timestamp), amount (f64), need (null). */
enum { COLUMNS = 4 };

typedef struct {
    uint64_t customer[ROWS];
    int64_t at[ROWS];
    double amount[ROWS];
    const char *timestamp; /* the format of `at` */
    int32_t released;
    int sent, chunks;
} producer;

static void release_schema(struct ArrowSchema *schema) {
    int64_t i;
    for (i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array) {
    int64_t i;
    for (i = 0; i < array->n_children; i++) {
        if (array->children[i]->release) array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    free(array->children);
    free((void *)array->buffers);
    array->release = NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    producer *made = (producer *)stream->private_data;
    const char *names[] = {"customer", "at", "amount", "need"};
    const char *formats[COLUMNS];
    int i;
    formats[0] = "L";
    formats[1] = made->timestamp;
    formats[2] = "g";
    formats[3] = "n";
    memset(out, 0, sizeof *out);
    out->format = "+s";
    out->name = "";
    out->n_children = COLUMNS;
    out->children = (struct ArrowSchema **)calloc(COLUMNS, sizeof *out->children);
    out->release = release_schema;
    for (i = 0; i < COLUMNS; i++) {
        out->children[i] = (struct ArrowSchema *)calloc(1, sizeof *out);
        out->children[i]->format = formats[i];
        out->children[i]->name = names[i];
        out->children[i]->flags = ARROW_FLAG_NULLABLE;
        out->children[i]->release = release_schema;
    }
    return 0;
}

static struct ArrowArray *values(const void *data) {
    struct ArrowArray *array = (struct ArrowArray *)calloc(1, sizeof *array);
    array->length = ROWS;
    array->n_buffers = 2;
    array->buffers = (const void **)calloc(2, sizeof *array->buffers);
    array->buffers[1] = data;
    array->release = release_array;
    return array;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    producer *made = (producer *)stream->private_data;
    memset(out, 0, sizeof *out);
    if (made->sent == made->chunks) return 0;
    made->sent++;
    out->length = ROWS;
    out->n_buffers = 1;
    out->buffers = (const void **)calloc(1, sizeof *out->buffers);
    out->n_children = COLUMNS;
    out->children = (struct ArrowArray **)calloc(COLUMNS, sizeof *out->children);
    out->children[0] = values(made->customer);
    out->children[1] = values(made->at);
    out->children[2] = values(made->amount);
    out->children[3] = values(NULL);
    out->children[3]->n_buffers = 0;
    out->children[3]->null_count = ROWS;
    out->release = release_array;
    return 0;
}

static int refuse(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    (void)stream;
    (void)out;
    return 5;
}

static const char *last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "the disk is on fire";
}

static void release_stream(struct ArrowArrayStream *stream) {
    ((producer *)stream->private_data)->released++;
    stream->release = NULL;
}

static struct ArrowArrayStream produce(producer *made, int chunks) {
    struct ArrowArrayStream stream;
    int i;
    memset(made, 0, sizeof *made);
    for (i = 0; i < ROWS; i++) {
        made->customer[i] = (uint64_t)(1 + i % 2);
        made->at[i] = i * DAY;
        made->amount[i] = 1.0 + i;
    }
    made->timestamp = "tsu:UTC";
    made->chunks = chunks;
    stream.get_schema = get_schema;
    stream.get_next = get_next;
    stream.get_last_error = last_error;
    stream.release = release_stream;
    stream.private_data = made;
    return stream;
}

static double spend(const bactrian_engine *engine, uint64_t number) {
    const char *columns[] = {"spend"};
    bactrian_id customer = bactrian_id_number(number);
    bactrian_reader *reader = NULL;
    double value;
    OK(bactrian_reader_prepare(engine, columns, 1, &reader));
    OK(bactrian_reader_read(reader, &customer, NULL, BACTRIAN_NOW, &value));
    bactrian_reader_free(reader);
    return value;
}

static void streams_in(void) {
    bactrian_engine *engine = open_shop(NULL), *single = open_shop(NULL);
    bactrian_roles roles = BACTRIAN_ROLES_INIT;
    bactrian_report *report = NULL;
    producer made;
    struct ArrowArrayStream stream = produce(&made, 2);
    int i, chunk;

    roles.kind = "purchase";
    OK(bactrian_engine_observe_arrow(engine, &stream, &roles, &report));
    CHECK(stream.release == NULL && made.released == 1);
    CHECK(bactrian_report_accepted(report) == 2 * ROWS && bactrian_report_reject_count(report) == 0);
    bactrian_report_free(report);
    for (i = 0; i < ROWS; i++) {
        bactrian_id customer = bactrian_id_number(made.customer[i]);
        for (chunk = 0; chunk < 2; chunk++) OK(buy(single, &customer, made.amount[i], made.at[i], NULL));
    }
    CHECK(spend(engine, 1) == spend(single, 1) && spend(engine, 2) == spend(single, 2)); /* to the bit */

    stream = produce(&made, 1); /* rows of which one is bad */
    made.amount[1] = INFINITY;
    OK(bactrian_engine_observe_arrow(engine, &stream, &roles, &report));
    CHECK(bactrian_report_accepted(report) == ROWS - 1 && bactrian_report_reject_count(report) == 1);
    CHECK(bactrian_report_reject(report, 0)->row == 1 && strlen(bactrian_report_reject(report, 0)->reason) > 0);
    CHECK(bactrian_report_reject(report, 1) == NULL);
    bactrian_report_free(report);

    stream = produce(&made, 0); /* no batch at all */
    OK(bactrian_engine_observe_arrow(engine, &stream, &roles, NULL));
    CHECK(made.released == 1);
    bactrian_engine_free(engine);
    bactrian_engine_free(single);
}

static void streams_that_lie(void) {
    bactrian_engine *engine = open_shop(NULL);
    bactrian_roles roles = BACTRIAN_ROLES_INIT;
    bactrian_stats stats = BACTRIAN_STATS_INIT;
    producer made;
    struct ArrowArrayStream stream;
    roles.kind = "purchase";

    stream = produce(&made, 1);
    FAILS(bactrian_engine_observe_arrow(NULL, &stream, &roles, NULL), BACTRIAN_STATUS_NULL_POINTER);
    CHECK(made.released == 1 && stream.release == NULL); /* taken over whatever becomes of the call */
    FAILS(bactrian_engine_observe_arrow(engine, &stream, &roles, NULL), BACTRIAN_STATUS_SCHEMA_ARROW);

    stream = produce(&made, 1);
    stream.get_next = refuse;
    FAILS(bactrian_engine_observe_arrow(engine, &stream, &roles, NULL), BACTRIAN_STATUS_SCHEMA_ARROW);
    CHECK(strstr(bactrian_error_message(), "the disk is on fire") != NULL && made.released == 1);

    stream = produce(&made, 1);
    made.timestamp = "no such format";
    FAILS(bactrian_engine_observe_arrow(engine, &stream, &roles, NULL), BACTRIAN_STATUS_SCHEMA_ARROW);
    CHECK(made.released == 1);

    stream = produce(&made, 1);
    made.timestamp = "u"; /* numbers that claim to be texts: three buffers are expected, two are there */
    FAILS(bactrian_engine_observe_arrow(engine, &stream, &roles, NULL), BACTRIAN_STATUS_SCHEMA_ARROW);
    CHECK(made.released == 1);

    roles.kind = "purchases";
    stream = produce(&made, 1);
    CHECK(bactrian_engine_observe_arrow(engine, &stream, &roles, NULL) != BACTRIAN_STATUS_OK);
    CHECK(made.released == 1);
    OK(bactrian_engine_stats(engine, &stats));
    CHECK(stats.events == 0 && stats.customers == 0); /* an error changes nothing */
    bactrian_engine_free(engine);
}

static void plain_columns(void) {
    bactrian_engine *engine = open_shop(NULL);
    const char *who[] = {"anna", "ben", "anna", NULL};
    const int64_t at[] = {0, DAY, 2 * DAY, 3 * DAY};
    const double amount[] = {8.0, 4.0, NAN, 1.0};
    const uint8_t known[] = {1, 1, 0, 1}, consent[] = {1, 0, 1, 1};
    const char *words[] = {"customer", "amount"}, *theirs[] = {"client", "paid"};
    bactrian_column columns[4], traits[2], ties[2];
    bactrian_roles roles = BACTRIAN_ROLES_INIT;
    bactrian_report *report = NULL;
    bactrian_reader *reader = NULL;
    const char *names[] = {"spend", "orders"};
    bactrian_id rows[2];
    double values[4];
    const char *peers[] = {"ben", "anna", "ben", "ben"};

    columns[0].name = "client";
    columns[0].type = BACTRIAN_TYPE_TEXT;
    columns[0].data = who;
    columns[0].known = NULL;
    columns[1].name = "at";
    columns[1].type = BACTRIAN_TYPE_TIME;
    columns[1].data = at;
    columns[1].known = NULL;
    columns[2].name = "paid";
    columns[2].type = BACTRIAN_TYPE_NUMBER;
    columns[2].data = amount;
    columns[2].known = known;
    columns[3] = columns[0];
    columns[3].name = "need";
    roles.kind = "purchase";
    roles.roles = words;
    roles.columns = theirs;
    roles.length = 2;
    OK(bactrian_engine_observe_columns(engine, columns, 4, 4, &roles, &report));
    CHECK(bactrian_report_accepted(report) == 3 && bactrian_report_reject_count(report) == 1);
    CHECK(bactrian_report_reject(report, 0)->row == 3);
    bactrian_report_free(report);

    rows[0] = bactrian_id_text("anna");
    rows[1] = bactrian_id_text("ben");
    OK(bactrian_reader_prepare(engine, names, 2, &reader));
    OK(bactrian_reader_read_rows(reader, rows, 2, NULL, 2 * DAY, values));
    CHECK(values[1] == 2.0 && values[3] == 1.0 && values[0] < 8.0 && values[0] > 7.8 && values[2] < 4.0);
    OK(bactrian_reader_read_rows(reader, NULL, 0, NULL, 2 * DAY, NULL));
    bactrian_reader_free(reader);

    traits[0] = columns[0];
    traits[0].name = "customer";
    traits[1] = columns[2];
    traits[1].name = "consent";
    traits[1].type = BACTRIAN_TYPE_FLAG;
    traits[1].data = consent;
    OK(bactrian_engine_identify_columns(engine, traits, 2, 3, NULL, &report));
    CHECK(bactrian_report_accepted(report) == 3);
    bactrian_report_free(report);

    ties[0] = traits[0];
    ties[1] = traits[0];
    ties[1].name = "peer";
    ties[1].data = peers;
    memset(&roles, 0, sizeof roles);
    roles.struct_size = sizeof roles;
    roles.kind = "talk";
    OK(bactrian_engine_relate_columns(engine, ties, 2, 3, &roles, &report));
    CHECK(bactrian_report_accepted(report) == 3);
    bactrian_report_free(report);

    columns[2].type = BACTRIAN_TYPE_TEXTS;
    FAILS(bactrian_engine_observe_columns(engine, columns, 4, 4, &roles, NULL), BACTRIAN_STATUS_SCHEMA_TYPE);
    bactrian_engine_free(engine);
}

/* Reads an exported stream: its column names, joined by spaces, and the number of its rows. */
static int64_t columns_of(struct ArrowArrayStream *stream, char *names, size_t room) {
    struct ArrowSchema schema;
    struct ArrowArray array;
    int64_t i, rows = 0;
    names[0] = 0;
    CHECK(stream->get_schema(stream, &schema) == 0);
    for (i = 0; i < schema.n_children; i++) {
        CHECK(strlen(names) + strlen(schema.children[i]->name) + 2 < room);
        if (i > 0) strcat(names, " ");
        strcat(names, schema.children[i]->name);
    }
    schema.release(&schema);
    for (;;) {
        CHECK(stream->get_next(stream, &array) == 0);
        if (!array.release) break;
        rows += array.length;
        array.release(&array);
    }
    return rows;
}

static void streams_out(void) {
    bactrian_engine *engine = open_shop(NULL);
    struct ArrowArrayStream stream;
    bactrian_id anna = bactrian_id_text("anna"), ben = bactrian_id_text("ben");
    const char *columns[] = {"orders", "spend"};
    bactrian_ask ask = BACTRIAN_ASK_INIT;
    uint64_t before, after;
    char names[256];

    OK(buy(engine, &anna, 8.0, 0, NULL));
    OK(buy(engine, &ben, 80.0, 0, NULL));
    OK(bactrian_engine_score(engine, NULL, 0, columns, 2, NULL, BACTRIAN_NOW, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 2);
    SAME(names, "customer orders spend");
    stream.release(&stream);
    CHECK(stream.release == NULL);
    OK(bactrian_engine_score(engine, &ben, 1, columns, 1, &anna, DAY, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 1);
    stream.release(&stream);
    OK(bactrian_engine_score(engine, &ben, 0, NULL, 0, NULL, DAY, &stream)); /* nobody asked for, not everyone */
    CHECK(columns_of(&stream, names, sizeof names) == 0);
    stream.release(&stream);

    OK(bactrian_engine_training_set(engine, NULL, 0, columns, 2, DAY, BACTRIAN_NOW, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 2);
    SAME(names, "customer orders spend");
    stream.release(&stream);
    ask.dry = 1;
    OK(bactrian_engine_decide_batch(engine, &anna, 1, &ask, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 1);
    SAME(names, "customer action priority propensity why decision");
    stream.release(&stream);
    OK(bactrian_engine_digest(engine, &before));
    OK(bactrian_engine_decide_batch(engine, NULL, 0, NULL, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 2);
    stream.release(&stream);
    OK(bactrian_engine_digest(engine, &after));
    CHECK(before != after); /* the decisions of all are on record */

    OK(bactrian_engine_ledger_by(engine, "value", &stream));
    CHECK(columns_of(&stream, names, sizeof names) > 0);
    CHECK(strncmp(names, "cell action process decisions", 29) == 0);
    stream.release(&stream);
    OK(bactrian_engine_segment(engine, "value", &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 2);
    SAME(names, "cell spend size title rule");
    stream.release(&stream);
    OK(bactrian_engine_crossings(engine, "value", INT64_MIN, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 2);
    SAME(names, "customer segment from to at cause moved");
    stream.release(&stream);
    OK(bactrian_engine_crossings(engine, NULL, DAY, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 0);
    stream.release(&stream);
    OK(bactrian_engine_transitions(engine, "value", -DAY, BACTRIAN_NOW, 0, 1, &stream));
    CHECK(columns_of(&stream, names, sizeof names) > 0);
    SAME(names, "from to count probability");
    stream.release(&stream);
    OK(bactrian_engine_stability(engine, "value", -DAY, BACTRIAN_NOW, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 1);
    SAME(names, "customers stayed adjusted_rand transition_entropy stability_index drift");
    stream.release(&stream);
    OK(bactrian_engine_associations(engine, "value", columns, 2, NULL, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 2);
    stream.release(&stream);
    OK(bactrian_engine_lifts(engine, "value", "spend", NULL, &stream));
    CHECK(columns_of(&stream, names, sizeof names) > 0);
    CHECK(strncmp(names, "cell label count cell_size", 26) == 0);

    stream.release(&stream);
    OK(bactrian_engine_segment_values(engine, "value", columns, 1, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 2);
    SAME(names, "cell spend size title rule orders.mean orders.lower orders.upper orders.sum");
    stream.release(&stream);
    OK(bactrian_engine_drift(engine, "value", -DAY, columns, 2, &stream));
    CHECK(columns_of(&stream, names, sizeof names) == 4);
    SAME(names, "cell column customers before after drift lower upper scaled");
    stream.release(&stream);
    OK(bactrian_engine_belonging(engine, "value", NULL, &stream));
    CHECK(columns_of(&stream, names, sizeof names) > 0);
    SAME(names, "customer cell belonging lower upper");
    stream.release(&stream);
    OK(bactrian_engine_market(engine, columns, 1, columns, 2, 2, &stream));
    CHECK(columns_of(&stream, names, sizeof names) >= 0);
    SAME(names, "orders customers orders spend");

    /* What comes out goes in: the stream is an ordinary one. */
    stream.release(&stream);
    OK(bactrian_engine_score(engine, NULL, 0, columns, 2, NULL, BACTRIAN_NOW, &stream));
    bactrian_engine_free(engine);
    CHECK(columns_of(&stream, names, sizeof names) == 2); /* it outlives the engine */
    stream.release(&stream);
}

int main(void) {
    streams_in();
    streams_that_lie();
    plain_columns();
    streams_out();
    return 0;
}
