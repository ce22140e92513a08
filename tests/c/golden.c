/* The golden cases, run by C. tests/golden/cases.toml says what every face must answer. */
#include "check.h"

#include "cases.h"
#include "table.h"

enum { MOST = 16 };

static const char *about; /* the case that runs */
static uint64_t decided;   /* its latest decision */

static void expect(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "%s: %s\n", about, what);
    exit(1);
}

static bactrian_id id(const node *value) {
    return bactrian_id_text(value->text);
}

static bactrian_field field(const node *value) {
    if (value->kind == NODE_TEXT) return bactrian_field_text(value->name, value->text);
    if (value->kind == NODE_FLAG) return bactrian_field_flag(value->name, value->flag);
    return bactrian_field_number(value->name, value->number);
}

static size_t fields(const node *table, int all, bactrian_field *out) {
    const node *value;
    size_t length = 0;
    for (value = table->first; value; value = value->next) {
        const char *name = value->name;
        if (!all && (!strcmp(name, "kind") || !strcmp(name, "customer") || !strcmp(name, "peer") || !strcmp(name, "at")))
            continue;
        expect(length < MOST, "too many fields");
        out[length++] = field(value);
    }
    return length;
}

static void count(const node *step, const char *word, uint64_t found) {
    const node *wanted = get(step, word);
    expect(!wanted || wanted->number == (double)found, word);
}

/* A row that is rejected is a status in C, and a count in the cases. */
static bactrian_status ingested(const node *step, bactrian_status status, bactrian_report *report) {
    const int rejected = status == BACTRIAN_STATUS_ROW_REJECTED;
    if (status != BACTRIAN_STATUS_OK && !rejected) return status;
    count(step, "rejected", (uint64_t)rejected);
    count(step, "duplicates", bactrian_report_duplicates(report));
    count(step, "crossings", bactrian_report_crossing_count(report));
    count(step, "decisions", bactrian_report_decision_count(report));
    bactrian_report_free(report);
    return BACTRIAN_STATUS_OK;
}

static bactrian_status observe(const bactrian_engine *engine, const node *step, const node *row) {
    bactrian_id customer = bactrian_id_number(0), peer = bactrian_id_number(0);
    bactrian_field values[MOST];
    bactrian_event event = BACTRIAN_EVENT_INIT;
    bactrian_report *report = NULL;
    bactrian_status status;
    if (get(row, "customer")) customer = id(get(row, "customer"));
    if (get(row, "peer")) peer = id(get(row, "peer"));
    event.kind = get(row, "kind")->text;
    event.customer = get(row, "customer") ? &customer : NULL;
    event.peer = get(row, "peer") ? &peer : NULL;
    event.at = cases_time(get(row, "at"));
    event.fields = values;
    event.fields_length = fields(row, 0, values);
    status = bactrian_engine_observe(engine, &event, &report);
    return ingested(step, status, report);
}

static bactrian_status identify(const bactrian_engine *engine, const node *step, const node *who) {
    bactrian_id customer = id(who);
    bactrian_field values[MOST];
    bactrian_report *report = NULL;
    size_t length = fields(get(step, "traits"), 1, values);
    const int64_t at = get(step, "at") ? cases_time(get(step, "at")) : BACTRIAN_NOW;
    bactrian_status status = bactrian_engine_identify(engine, &customer, at, values, length, &report);
    return ingested(step, status, report);
}

static void same(const bactrian_engine *engine, double found, const node *wanted, const char *column) {
    char text[64];
    if (wanted->kind == NODE_NUMBER) {
        expect(memcmp(&found, &wanted->number, sizeof found) == 0, column); /* to the bit */
    } else if (wanted->kind == NODE_FLAG) {
        expect(found == wanted->flag, column);
    } else if (!strcmp(wanted->text, "unknown")) {
        expect(isnan(found), column);
    } else {
        OK(bactrian_engine_key_text(engine, found, text, sizeof text, NULL));
        expect(!strcmp(text, wanted->text), column);
    }
}

static bactrian_status read_columns(const bactrian_engine *engine, const node *step) {
    bactrian_id customer = id(get(step, "read")), peer = bactrian_id_number(0);
    const int64_t at = get(step, "at") ? cases_time(get(step, "at")) : BACTRIAN_NOW;
    const node *column, *wanted;
    const char *names[MOST];
    double values[MOST];
    size_t length = 0, i = 0;
    bactrian_reader *reader = NULL;
    bactrian_status status;
    for (column = get(step, "columns")->first; column; column = column->next) {
        expect(length < MOST, "too many columns");
        names[length++] = column->text;
    }
    if (get(step, "peer")) peer = id(get(step, "peer"));
    status = bactrian_reader_prepare(engine, names, length, &reader);
    if (!status) status = bactrian_reader_read(reader, &customer, get(step, "peer") ? &peer : NULL, at, values);
    bactrian_reader_free(reader);
    if (status) return status;
    expect(get(step, "equals") != NULL, "the read should have failed");
    for (wanted = get(step, "equals")->first; wanted; wanted = wanted->next, i++) same(engine, values[i], wanted, names[i]);
    expect(i == length, "as many values as columns");
    return status;
}

static bactrian_status decide(const bactrian_engine *engine, const node *step) {
    bactrian_id customer = id(get(step, "decide"));
    bactrian_decision *decision = NULL;
    bactrian_status status = bactrian_engine_decide(engine, &customer, NULL, BACTRIAN_NOW, &decision);
    const char *action = bactrian_decision_action(decision);
    if (status) return status;
    expect(!strcmp(action ? action : "silence", get(step, "action")->text), bactrian_decision_why(decision));
    expect(bactrian_decision_priority(decision) == get(step, "priority")->number, bactrian_decision_why(decision));
    decided = bactrian_decision_id(decision);
    bactrian_decision_free(decision);
    return status;
}

static bactrian_status learn(const bactrian_engine *engine, const node *step, const node *outcome) {
    const uint64_t decision = get(step, "of") ? (uint64_t)get(step, "of")->number : decided;
    const int64_t at = get(step, "at") ? cases_time(get(step, "at")) : BACTRIAN_NOW;
    const double value = get(step, "value") ? get(step, "value")->number : NAN;
    bactrian_report *report = NULL;
    bactrian_status status = bactrian_engine_learn(engine, decision, outcome->text, at, value, &report);
    return ingested(step, status, report);
}

static bactrian_status ledger(const bactrian_engine *engine, const node *step, const char *action) {
    const node *column = get(step, "columns")->first, *wanted = get(step, "equals")->first;
    struct ArrowArrayStream stream;
    bactrian_status status = bactrian_engine_ledger(engine, &stream);
    table found;
    int64_t row;
    if (status) return status;
    found = table_read(&stream);
    row = table_row(&found, strcmp(action, "silence") ? action : NULL);
    for (; column && wanted; column = column->next, wanted = wanted->next)
        expect(table_number(&found, column->text, row) == wanted->number, column->text);
    expect(!column && !wanted, "as many values as columns");
    table_free(&found);
    return status;
}

static bactrian_status erase(const bactrian_engine *engine, const node *step, const node *who) {
    const bactrian_id customer = id(who);
    const bactrian_erasure_info *found;
    bactrian_erasure *receipt = NULL;
    bactrian_status status = bactrian_engine_erase(engine, &customer, &receipt);
    if (status) return status;
    found = bactrian_erasure_figures(receipt);
    count(step, "events", found->events);
    count(step, "unnamed", found->unnamed);
    count(step, "traits", found->traits);
    count(step, "ties", found->ties);
    count(step, "found", found->found);
    bactrian_erasure_free(receipt);
    return status;
}

static bactrian_status relate(const bactrian_engine *engine, const node *step, const node *tie) {
    const char *customer = get(tie, "customer")->text, *peer = get(tie, "peer")->text;
    const int64_t at = get(tie, "at") ? cases_time(get(tie, "at")) : 0;
    const bactrian_column columns[] = {
        {"customer", BACTRIAN_TYPE_TEXT, &customer, NULL},
        {"peer", BACTRIAN_TYPE_TEXT, &peer, NULL},
        {"weight", BACTRIAN_TYPE_NUMBER, &get(tie, "weight")->number, NULL},
        {"at", BACTRIAN_TYPE_TIME, &at, NULL},
    };
    bactrian_roles roles = BACTRIAN_ROLES_INIT;
    bactrian_report *report = NULL;
    bactrian_status status;
    roles.kind = get(tie, "layer")->text;
    status = bactrian_engine_relate_columns(engine, columns, get(tie, "at") ? 4 : 3, 1, &roles, &report);
    return ingested(step, status, report);
}

static bactrian_status merge(const bactrian_engine *engine, const node *pair) {
    const bactrian_id kept = id(pair->first), folded = id(pair->last);
    return bactrian_engine_merge(engine, &kept, &folded);
}

static bactrian_status redefine(const bactrian_engine *engine, const node *step, const char *text) {
    bactrian_definition *definition = NULL;
    bactrian_redefine_report *report = NULL;
    bactrian_status status = bactrian_definition_from_toml(text, &definition);
    if (!status) status = bactrian_engine_redefine(engine, definition, &report);
    if (!status) count(step, "moved", bactrian_redefine_report_moved(report));
    bactrian_redefine_report_free(report);
    bactrian_definition_free(definition);
    return status;
}

static bactrian_status run(const bactrian_engine *engine, const node *step) {
    bactrian_report *report = NULL;
    bactrian_status status;
    if (get(step, "observe")) return observe(engine, step, get(step, "observe"));
    if (get(step, "identify")) return identify(engine, step, get(step, "identify"));
    if (get(step, "read")) return read_columns(engine, step);
    if (get(step, "decide")) return decide(engine, step);
    if (get(step, "learn")) return learn(engine, step, get(step, "learn"));
    if (get(step, "ledger")) return ledger(engine, step, get(step, "ledger")->text);
    if (get(step, "erase")) return erase(engine, step, get(step, "erase"));
    if (get(step, "relate")) return relate(engine, step, get(step, "relate"));
    if (get(step, "merge")) return merge(engine, get(step, "merge"));
    if (get(step, "redefine")) return redefine(engine, step, get(step, "redefine")->text);
    if (get(step, "fit")) return bactrian_engine_fit(engine, NULL, 0, NULL);
    expect(get(step, "advance") != NULL, "a verb that C does not know");
    status = bactrian_engine_advance_to(engine, cases_time(get(step, "advance")), &report);
    return ingested(step, status, report);
}

int main(void) {
    node *cases = cases_read("tests/golden/cases.toml");
    const node *one, *step;
    int number;
    for (one = cases->first; one; one = one->next) {
        bactrian_definition *definition = NULL;
        bactrian_engine *engine = NULL;
        char where[256];
        OK(bactrian_definition_from_toml(get(one, "definition")->text, &definition));
        OK(bactrian_engine_open(NULL, definition, NULL, &engine));
        for (step = get(one, "steps")->first, number = 1; step; step = step->next, number++) {
            const node *error = get(step, "error");
            bactrian_status status;
            snprintf(where, sizeof where, "%.200s, step %d", get(one, "name")->text, number);
            about = where;
            status = run(engine, step);
            expect((error ? error->number : 0.0) == (double)status, status ? bactrian_error_message() : "no error");
        }
        bactrian_engine_free(engine);
        bactrian_definition_free(definition);
    }
    cases_free(cases);
    return 0;
}
