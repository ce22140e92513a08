/*
 * Bactrian: an embedded engine that knows customers and decides what to do next.
 *
 * Written by cbindgen from ffi/src; do not edit.
 *
 * CONVENTIONS
 *
 * Names      bactrian_<handle>_<verb>. What begins with bactrian_ or BACTRIAN_ is ours. Every symbol is
 *            of version 0.1.0 unless it says otherwise.
 * Results    A call that can fail returns a bactrian_status, and gives its results through its last
 *            parameters. They are written on success alone. Calls that only look into a handle return
 *            what they found, and take NULL for an empty one.
 * Errors     The numbers of bactrian_status are frozen. Each thread keeps the status, message, hint and
 *            findings of its last call that failed (bactrian_error_status and those beside it); a call
 *            that succeeds leaves them. An error changes nothing in the engine, which stays usable. A
 *            failure of this library, a panic included, is BACTRIAN_STATUS_INTERNAL, never an abort.
 * Pointers   A pointer is NULL or points to what its type says, in full, until the call returns. NULL
 *            is BACTRIAN_STATUS_NULL_POINTER where the text does not allow it. Other wrong pointers are
 *            beyond any check.
 * Handles    An opaque struct behind a pointer; what a call gave is given back to the bactrian_..._free
 *            of its kind, once. Readers keep their engine alive.
 * Threads    A call that takes a const handle may be made from many threads at once; a free may not be
 *            made while another call uses the handle. The engine orders its writers itself.
 * Texts      In: const char *, UTF-8, ends with NUL; ids and values carry a length instead, and may hold
 *            any UTF-8. Out: ends with NUL, and belongs to the handle that it came from.
 * Views      What a call returns as a const pointer to a struct belongs to its handle. Later versions may
 *            append fields to it: read it in place, don't copy it, don't step from one to the next.
 * Structs    A struct that you fill begins with struct_size; start from its BACTRIAN_..._INIT, which sets
 *            the size and the defaults, so that it may grow. Its members say what a 0, a NaN or a NULL is
 *            there: most is 1, count no limit, window any. Nothing is passed or returned by value. The
 *            others that you fill (bactrian_id, _text, _texts, _value, _field, _column) never change.
 * Fields     A field of an event or a column that no role takes is passed over: a wider row can be given
 *            as it is, and a name that is written wrong goes unnoticed.
 * Who        A customer or a peer is a bactrian_id *: a text or a number. NULL is nobody, where allowed.
 * When       int64_t, microseconds since 1970-01-01 UTC. BACTRIAN_NOW is the engine's clock: the latest
 *            event or advance. The library never reads a clock.
 * Values     double, and NaN is unknown. A flag is 0 or 1.
 * Batches    struct ArrowArrayStream of the Arrow C stream interface, or plain columns. A stream given to
 *            a call is taken over, read, fully validated and released, whatever becomes of the call. A
 *            stream that comes out is the caller's to release.
 * Disk       A write returns when it is durable, if the engine has a file. bactrian_engine_observe,
 *            _identify, _relate, _advance_to, _fit and _decide wait for the disk; reads never do.
 *
 *     bactrian_reader_read(reader, &anna, &ben, BACTRIAN_NOW, values)
 *     bactrian_engine_decide(engine, &anna, NULL, BACTRIAN_NOW, &decision)
 */
#ifndef BACTRIAN_H
#define BACTRIAN_H


#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif /* ARROW_C_DATA_INTERFACE */

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#endif /* ARROW_C_STREAM_INTERFACE */


/// As a moment: the engine's clock. As the clock itself: no event came yet.
#define BACTRIAN_NOW INT64_MIN

/// What became of a call. The numbers are frozen and never reused; the hundreds say whose matter it
/// is: 1xx the definition, 2xx what was passed, 3xx names, 4xx the state of the engine, 5xx its file,
/// 9xx this library. Later versions may add numbers: treat one that you don't know by its hundred.
enum bactrian_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /// Done.
    BACTRIAN_STATUS_OK = 0,
    /// The definition has mistakes; `bactrian_error_problem` gives all of them.
    BACTRIAN_STATUS_DEFINITION_INVALID = 100,
    /// The definition asks for parts that this version does not have yet.
    BACTRIAN_STATUS_DEFINITION_NOT_YET = 101,
    /// The file was written under another definition than the one given.
    BACTRIAN_STATUS_DEFINITION_MISMATCH = 102,
    /// A value or column has the wrong type.
    BACTRIAN_STATUS_SCHEMA_TYPE = 200,
    /// A required column or value is missing.
    BACTRIAN_STATUS_SCHEMA_MISSING = 201,
    /// An Arrow array or stream is malformed or of an unsupported layout.
    BACTRIAN_STATUS_SCHEMA_ARROW = 202,
    /// A value is outside of its range (non-finite number, time out of range).
    BACTRIAN_STATUS_SCHEMA_RANGE = 203,
    /// The one row of a call was refused; calls with many rows report them instead.
    BACTRIAN_STATUS_ROW_REJECTED = 204,
    /// A pointer that must not be NULL is NULL.
    BACTRIAN_STATUS_NULL_POINTER = 210,
    /// Text is not valid UTF-8.
    BACTRIAN_STATUS_INVALID_UTF8 = 211,
    /// The `struct_size` of a struct is none that this version knows.
    BACTRIAN_STATUS_STRUCT_SIZE = 212,
    /// No column has this name.
    BACTRIAN_STATUS_UNKNOWN_COLUMN = 300,
    /// No customer has this id.
    BACTRIAN_STATUS_UNKNOWN_CUSTOMER = 301,
    /// No segment, or no such cell of it, has this name.
    BACTRIAN_STATUS_UNKNOWN_SEGMENT = 302,
    /// No event kind, role, trait or tie has this name.
    BACTRIAN_STATUS_UNKNOWN_WORD = 303,
    /// No decision has this id.
    BACTRIAN_STATUS_UNKNOWN_DECISION = 304,
    /// The moment asked for lies before the engine's clock.
    BACTRIAN_STATUS_TIME_PAST = 400,
    /// The moment given lies beyond the ceiling that the host allows.
    BACTRIAN_STATUS_TIME_BEYOND_CEILING = 401,
    /// The engine was opened read-only.
    BACTRIAN_STATUS_READ_ONLY = 402,
    /// The engine was closed.
    BACTRIAN_STATUS_CLOSED = 403,
    /// The population gives too little to fit from.
    BACTRIAN_STATUS_NOT_ENOUGH_DATA = 404,
    /// The engine was carried over a fork of the process.
    BACTRIAN_STATUS_FORKED = 405,
    /// The call was interrupted by its host.
    BACTRIAN_STATUS_INTERRUPTED = 406,
    /// Two partial states have events that can't be put together.
    BACTRIAN_STATUS_NOT_MERGEABLE = 407,
    /// A callback of the host is not registered in the version needed, or calls its own engine.
    BACTRIAN_STATUS_CALLBACK = 408,
    /// The operating system refused a read or a write.
    BACTRIAN_STATUS_STORE_IO = 500,
    /// The file is damaged, truncated or not an engine file.
    BACTRIAN_STATUS_STORE_CORRUPT = 501,
    /// Another process or handle has the file open for writing.
    BACTRIAN_STATUS_STORE_LOCKED = 502,
    /// The file was written by a version that this one does not read.
    BACTRIAN_STATUS_STORE_VERSION = 503,
    /// A mistake of this library; please report it.
    BACTRIAN_STATUS_INTERNAL = 900,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bactrian_status bactrian_status;
#else
typedef uint32_t bactrian_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// How much a finding weighs.
enum bactrian_severity
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /// The definition cannot be used.
    BACTRIAN_SEVERITY_ERROR = 1,
    /// The definition is right, but this version does not have the part yet.
    BACTRIAN_SEVERITY_NOT_YET = 2,
    /// The definition runs; the reader may want to know.
    BACTRIAN_SEVERITY_WARNING = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bactrian_severity bactrian_severity;
#else
typedef uint32_t bactrian_severity;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// What the data allow to be said.
enum bactrian_claim
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /// The interval excludes the null value.
    BACTRIAN_CLAIM_EFFECT = 1,
    /// The question could be answered, and the interval covers the null value.
    BACTRIAN_CLAIM_NO_EVIDENCE = 2,
    /// The data cannot answer: contacts were not randomised, overlap is gone, or too few rows.
    BACTRIAN_CLAIM_CANNOT_TELL = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bactrian_claim bactrian_claim;
#else
typedef uint32_t bactrian_claim;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// Why an action was not chosen, from the first gate to the last.
enum bactrian_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /// A reason that came with a later version.
    BACTRIAN_REASON_OTHER = 0,
    /// `eligible` does not hold, or is unknown.
    BACTRIAN_REASON_NOT_ELIGIBLE = 1,
    /// `applicable` does not hold, or is unknown.
    BACTRIAN_REASON_NOT_APPLICABLE = 2,
    /// `suitable` does not hold, or is unknown.
    BACTRIAN_REASON_NOT_SUITABLE = 3,
    /// The customer has not consented.
    BACTRIAN_REASON_NO_CONSENT = 4,
    /// Quiet hours.
    BACTRIAN_REASON_QUIET_HOURS = 5,
    /// A contact cap is reached.
    BACTRIAN_REASON_CONTACT_CAP = 6,
    /// A factor is unknown, so there is no priority.
    BACTRIAN_REASON_UNKNOWN_FACTOR = 7,
    /// The priority does not exceed the price of attention.
    BACTRIAN_REASON_BELOW_ATTENTION = 8,
    /// Another action has a higher priority.
    BACTRIAN_REASON_LOWER_PRIORITY = 9,
    /// Outcomes of a kind have come, and the time to cool off has not passed.
    BACTRIAN_REASON_COOL_OFF = 10,
    /// An action of the same group is chosen.
    BACTRIAN_REASON_GROUP_TAKEN = 11,
    /// A fallback, and another action is chosen.
    BACTRIAN_REASON_NOT_NEEDED = 12,
    /// It is worth as much, but another was drawn.
    BACTRIAN_REASON_NOT_DRAWN = 13,
    /// The budget of a policy does not hold what it takes.
    BACTRIAN_REASON_BUDGET_SPENT = 14,
    /// A peer of the customer can meet the need, and is asked first.
    BACTRIAN_REASON_PEER_FIRST = 15,
    /// It is new, and goes to others until it has proved itself.
    BACTRIAN_REASON_ON_TRIAL = 16,
    /// It is new, and did not prove itself.
    BACTRIAN_REASON_TRIAL_STOPPED = 17,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bactrian_reason bactrian_reason;
#else
typedef uint32_t bactrian_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// When calls of one row (`_observe`, `_identify`, `_decide`, `_learn`) are durable.
enum bactrian_durability
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /// When the call returns.
    BACTRIAN_DURABILITY_COMMIT = 0,
    /// In groups; a kill loses at most the last rows that were not flushed.
    BACTRIAN_DURABILITY_INTERVAL = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bactrian_durability bactrian_durability;
#else
typedef uint32_t bactrian_durability;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// What a value is.
enum bactrian_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /// Nothing: unknown. In a field alone.
    BACTRIAN_TYPE_NULL = 0,
    /// A number: `double`. In a column, NaN is unknown.
    BACTRIAN_TYPE_NUMBER = 1,
    /// A flag: 0 is false, anything else is true. In a column: `uint8_t`.
    BACTRIAN_TYPE_FLAG = 2,
    /// A text. In a column: `const char *` that end with NUL; NULL is unknown.
    BACTRIAN_TYPE_TEXT = 3,
    /// Several texts. In a field alone.
    BACTRIAN_TYPE_TEXTS = 4,
    /// A moment, in microseconds since 1970 UTC: `int64_t`.
    BACTRIAN_TYPE_TIME = 5,
    /// A whole number, such as an id: `uint64_t`. In a column alone.
    BACTRIAN_TYPE_WHOLE = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bactrian_type bactrian_type;
#else
typedef uint32_t bactrian_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// The registered callbacks, by name and version.
typedef struct bactrian_callback_list bactrian_callback_list;

/// A model of purchases, of spend or of contracts, with its parameters; it belongs to no engine.
typedef struct bactrian_clv bactrian_clv;

/// The columns of `bactrian_engine_columns`.
typedef struct bactrian_column_list bactrian_column_list;

/// What to do next, and why.
typedef struct bactrian_decision bactrian_decision;

/// What a user declares: events, features, scores, segments, actions. It never changes.
typedef struct bactrian_definition bactrian_definition;

/// NBD-Dirichlet: how often a category is bought, and how its purchases split over brands.
typedef struct bactrian_dirichlet bactrian_dirichlet;

/// An engine: one definition, one journal, one state. Every call may be made from many threads at once.
typedef struct bactrian_engine bactrian_engine;

/// The receipt of an erasure.
typedef struct bactrian_erasure bactrian_erasure;

/// Why a column has its value.
typedef struct bactrian_explanation bactrian_explanation;

/// All that is held about a customer.
typedef struct bactrian_export bactrian_export;

/// What a fit found.
typedef struct bactrian_fit_report bactrian_fit_report;

/// The answer of both tests of two humps.
typedef struct bactrian_humps bactrian_humps;

/// Ids of customers.
typedef struct bactrian_ids bactrian_ids;

/// Centres of k-means.
typedef struct bactrian_kmeans bactrian_kmeans;

/// The parts of `bactrian_engine_memory`.
typedef struct bactrian_memory_parts bactrian_memory_parts;

/// Components of a Gaussian mixture.
typedef struct bactrian_mixture bactrian_mixture;

/// What one engine knows, as bytes that another of the same definition absorbs.
typedef struct bactrian_partial bactrian_partial;

/// The findings of `bactrian_check`.
typedef struct bactrian_problems bactrian_problems;

/// Columns prepared once and read many times, from any thread. It keeps the engine alive.
typedef struct bactrian_reader bactrian_reader;

/// A decision as it was recorded, from which it can be told again what was weighed.
typedef struct bactrian_recorded_decision bactrian_recorded_decision;

/// What a new definition changed.
typedef struct bactrian_redefine_report bactrian_redefine_report;

/// What became of the rows of a write.
typedef struct bactrian_report bactrian_report;

/// How the response to an action falls from one contact to the next.
typedef struct bactrian_response_by_contact bactrian_response_by_contact;

/// One history a customer, in columns.
typedef struct bactrian_summary bactrian_summary;

/// One finding about a definition.
typedef struct bactrian_problem {
    /// How much it weighs.
    bactrian_severity severity;
    /// Line, from 1; 0 where the definition has no lines (JSON).
    uint32_t line;
    /// Column in characters, from 1; 0 where the definition has no lines.
    uint32_t column;
    /// The path of the word, as in `segment.strategic.axis.value`.
    const char *path;
    /// What is wrong, and what was expected.
    const char *message;
    /// What to do about it, such as the nearest name; NULL if nothing helps.
    const char *hint;
} bactrian_problem;

/// Asked by long work whether to stop: 0 goes on, anything else stops. It may be called from many threads at
/// once, must not call the library, and must not unwind or jump out.
typedef int32_t (*bactrian_interrupt)(void *context);

/// Gives a context back.
typedef void (*bactrian_release)(void *context);

/// How an engine is opened. Begin with `BACTRIAN_OPTIONS_INIT`, which sets the size and the defaults.
typedef struct bactrian_options {
    /// `sizeof(bactrian_options)`.
    size_t struct_size;
    /// Seed of everything random; a file keeps the seed that it was made with. 0 by default.
    uint64_t seed;
    /// Latest event time that is accepted, in microseconds since 1970 UTC; later rows are rejected, so
    /// that one wrong date can't decay the world to nothing. A host with a clock passes its time plus
    /// a day. By default `INT64_MAX`: every time is accepted.
    int64_t ceiling;
    /// 1 opens a file for reading only: no lock is taken, and every write is refused. 0 by default.
    uint32_t read_only;
    /// `BACTRIAN_DURABILITY_COMMIT`, the default: a call of one row returns when it is durable.
    /// `BACTRIAN_DURABILITY_INTERVAL`: such calls are written in groups, and `bactrian_engine_flush` or any
    /// other write waits for the disk.
    uint32_t durability;
    /// Asked by long work whether to stop, from the first record of the file on, as by
    /// `bactrian_engine_set_interrupt`; an opening that is stopped is `INTERRUPTED` and leaves the file as it was.
    /// NULL by default.
    bactrian_interrupt interrupt;
    /// Passed to `interrupt` and `release`.
    void *context;
    /// Called with `context` once nobody needs it any more, also when the opening fails for another reason than
    /// `options` themselves; may be NULL.
    bactrian_release release;
} bactrian_options;

/// Sizes and counts of an engine. Begin with `BACTRIAN_STATS_INIT`, which sets the size.
typedef struct bactrian_stats {
    /// `sizeof(bactrian_stats)`.
    size_t struct_size;
    /// Customers known.
    uint64_t customers;
    /// Events taken, those of the engine's own kinds included: crossings, decisions and outcomes are events.
    uint64_t events;
    /// Events taken that came later than the declared lateness.
    uint64_t late;
    /// Records of the journal.
    uint64_t records;
    /// The engine's clock; `BACTRIAN_NOW` if nothing came yet.
    int64_t now;
    /// Bytes of the file, or of the journal in memory.
    uint64_t bytes;
} bactrian_stats;

/// A function behind a column: `inputs` are `length` columns in the order of the definition, NaN where
/// unknown. It writes `value` and returns 0, or returns anything else, and the column is unknown there.
/// It gives the same value for the same inputs, may be called from many threads at once, must not call
/// the library, and must not unwind or jump out.
typedef int32_t (*bactrian_callback)(void *context, const double *inputs, size_t length, double *value);

/// What became of the calls of one callback since it was registered.
typedef struct bactrian_callback_info {
    /// The name under which it was registered.
    const char *name;
    /// The version under which it was registered.
    const char *version;
    /// Calls.
    uint64_t calls;
    /// Calls that gave NaN, which is unknown.
    uint64_t unknown;
    /// Calls that failed: another return than 0, or an infinite number. The column was unknown.
    uint64_t failed;
    /// Why the latest of them failed; NULL if none has.
    const char *failure;
} bactrian_callback_info;

/// Who: a text or a number. Write one with `bactrian_id_text`, `bactrian_id_bytes` or
/// `bactrian_id_number`; pass it by pointer. The number 7 and the text "7" are one customer, "007" is another.
///
/// ```c
/// bactrian_id anna = bactrian_id_text("anna"), seventh = bactrian_id_number(7);
/// ```
typedef struct bactrian_id {
    /// UTF-8, needs no NUL at its end; NULL for a number.
    const char *text;
    /// Bytes of the text.
    size_t length;
    /// The number where `text` is NULL.
    uint64_t number;
} bactrian_id;

/// UTF-8 bytes with their length; they need no NUL at their end.
typedef struct bactrian_text {
    /// The bytes; NULL only with a length of 0.
    const char *data;
    /// How many.
    size_t length;
} bactrian_text;

/// Several texts.
typedef struct bactrian_texts {
    /// The texts; NULL only with a length of 0.
    const struct bactrian_text *items;
    /// How many.
    size_t length;
} bactrian_texts;

/// A value; the field's `type` says which member counts.
typedef union bactrian_value {
    /// For `BACTRIAN_TYPE_NUMBER`.
    double number;
    /// For `BACTRIAN_TYPE_FLAG`.
    uint32_t flag;
    /// For `BACTRIAN_TYPE_TIME`.
    int64_t time;
    /// For `BACTRIAN_TYPE_TEXT`.
    struct bactrian_text text;
    /// For `BACTRIAN_TYPE_TEXTS`.
    struct bactrian_texts texts;
} bactrian_value;

/// A named value: a role of an event, or a trait. Write one with `bactrian_field_number`,
/// `bactrian_field_flag`, `bactrian_field_text` or `bactrian_field_time`.
typedef struct bactrian_field {
    /// The role or trait, in the words of the definition.
    const char *name;
    /// One of `bactrian_type`.
    uint32_t type;
    /// The value.
    union bactrian_value value;
} bactrian_field;

/// How a decision is asked for. Begin with `BACTRIAN_ASK_INIT`, which sets the size and the defaults.
typedef struct bactrian_ask {
    /// `sizeof(bactrian_ask)`.
    size_t struct_size;
    /// The peer toward whom; columns toward a peer are unknown for NULL, the default.
    const struct bactrian_id *toward;
    /// The moment, at or after the engine's clock, which is the default: `BACTRIAN_NOW`.
    int64_t at;
    /// 1 looks without writing: nothing is recorded, no cap is used up. 0 by default.
    uint32_t dry;
    /// Most actions, at most one of a group; 0, the default, is 1.
    size_t most;
    /// What is known of this moment: the columns of `[context]`; NULL only with a length of 0, the default.
    const struct bactrian_field *context;
    /// How many of them.
    size_t context_length;
} bactrian_ask;

/// What a plan may spend. Begin with `BACTRIAN_MEANS_INIT`, which sets the size and the defaults.
typedef struct bactrian_means {
    /// `sizeof(bactrian_means)`.
    size_t struct_size;
    /// The most that all costs together come to; NaN, the default, is no limit.
    double budget;
    /// Actions, channels, groups, processes or types of relationship with a capacity; NULL only with a length of 0, the
    /// default.
    const char *const *capacity_names;
    /// How many contacts each may have.
    const double *capacity;
    /// How many capacities.
    size_t capacity_length;
    /// Those that should have some at least; NULL only with a length of 0, the default.
    const char *const *least_names;
    /// How many each should have.
    const double *least;
    /// How many leasts.
    size_t least_length;
} bactrian_means;

/// How good a plan is.
typedef struct bactrian_plan {
    /// The sum of the priorities above the price of attention.
    double value;
    /// No plan under these limits has a larger sum; where not every least is met, none that misses no more contacts of
    /// them in all.
    double bound;
    /// (bound - value) / bound. Of whether fewer contacts of the leasts could be missed it says nothing.
    double gap;
    /// 1 where no plan is better: none misses fewer contacts, and of those that miss no more none is worth more.
    uint32_t exact;
} bactrian_plan;

/// What another definition would have done with the decisions of a journal.
typedef struct bactrian_backtest {
    /// Recorded decisions that were compared; a slate is one, by its first action.
    uint64_t decisions;
    /// Those of which the other definition would have chosen the same.
    uint64_t agreed;
    /// Customers with at least one of them.
    uint64_t customers;
    /// What the other definition expects of a decision, beyond the price of attention; NaN of none.
    double expected;
    /// Its interval of 95%.
    double expected_lower;
    /// See `expected_lower`.
    double expected_upper;
    /// What the recorded decisions expected.
    double recorded;
    /// Its interval of 95%.
    double recorded_lower;
    /// See `recorded_lower`.
    double recorded_upper;
} bactrian_backtest;

/// What an erasure removed, and the proof that it is gone.
typedef struct bactrian_erasure_info {
    /// Ids that meant the customer: more than one after a merge.
    uint64_t ids;
    /// Events of the customer, decisions and crossings included, that left.
    uint64_t events;
    /// Events of others that stay and name nobody where they named the customer.
    uint64_t unnamed;
    /// Rows of traits that left.
    uint64_t traits;
    /// Rows of ties that left.
    uint64_t ties;
    /// Words that nobody uses any more and that lost their text.
    uint64_t words;
    /// Bytes of the file, or of the journal in memory, that were searched afterwards.
    uint64_t searched;
    /// How often the ids and words that left still stand in those bytes, as parts of longer names of others.
    uint64_t found;
} bactrian_erasure_info;

/// What a seed set is asked for. Begin with `BACTRIAN_SEED_ASK_INIT`, which sets the size and the defaults.
typedef struct bactrian_seed_ask {
    /// `sizeof(bactrian_seed_ask)`.
    size_t struct_size;
    /// Most seeds; 0, the default, leaves the limit to the budget.
    size_t count;
    /// What the seeds may cost in all; NaN, the default, is no limit.
    double budget;
    /// Column with the cost of each customer; NULL, the default, is 1 each.
    const char *cost;
    /// Column with what reaching each customer is worth; NULL, the default, is 1 each.
    const char *value;
    /// The layer of ties; NULL, the default, is the only one.
    const char *layer;
    /// Customers who must not be seeds; NULL only with a length of 0, the default.
    const struct bactrian_id *exclude;
    /// How many of them.
    size_t exclude_length;
    /// Customers who are reached already, and neither seeds nor counted, whether excluded too or not; NULL only with a
    /// length of 0, the default.
    const struct bactrian_id *active;
    /// How many of them.
    size_t active_length;
    /// 1 whispers against the ties, from who is trusted to who trusts. 0 by default.
    uint32_t reverse;
    /// 1 is the linear threshold model, 0, the default, the independent cascade.
    uint32_t threshold;
    /// The chance of every tie; NaN, the default, is the tie's share of all that reaches its target.
    double chance;
    /// Share of the best that may be lost beyond that of greedy choice, .05 by default.
    double epsilon;
    /// Chance that a bound fails, .001 by default.
    double delta;
} bactrian_seed_ask;

/// How far a whisper goes.
typedef struct bactrian_spread {
    /// What the seeds are expected to reach, themselves included, beyond what is active already; unbiased.
    double spread;
    /// They reach at least this, with probability `1 - delta`.
    double lower;
    /// No choice within the limits reaches more than this, with probability `1 - delta`.
    double upper;
} bactrian_spread;

/// The response to one contact.
typedef struct bactrian_contact_response {
    /// Which contact: 1 is the first.
    uint32_t contact;
    /// Rows of it.
    uint64_t rows;
    /// Share of successes.
    double rate;
    /// The same, never rising (isotonic regression).
    double fitted;
} bactrian_contact_response;

/// The answer to a question about an effect.
typedef struct bactrian_verdict {
    /// The question.
    const char *name;
    /// The estimate, in the unit of the question; NaN where there is none.
    double value;
    /// Lower end of the interval (95% unless `why` says otherwise).
    double lower;
    /// Upper end of the interval.
    double upper;
    /// The value under no effect.
    double null_value;
    /// Rows behind the estimate.
    uint64_t rows;
    /// What may be claimed.
    bactrian_claim claim;
    /// The reason, in one sentence.
    const char *why;
} bactrian_verdict;

/// One event. Begin with `BACTRIAN_EVENT_INIT`, which sets the size.
///
/// ```c
/// bactrian_id anna = bactrian_id_text("anna");
/// bactrian_field fields[] = { bactrian_field_number("amount", 12.5), bactrian_field_text("need", "TEA") };
/// bactrian_event event = BACTRIAN_EVENT_INIT;
/// event.kind = "purchase";
/// event.customer = &anna;
/// event.at = 1483228800000000;
/// event.fields = fields;
/// event.fields_length = 2;
/// ```
typedef struct bactrian_event {
    /// `sizeof(bactrian_event)`.
    size_t struct_size;
    /// The kind, as in `[event.purchase]`.
    const char *kind;
    /// Who; NULL for nobody.
    const struct bactrian_id *customer;
    /// Toward whom; NULL for nobody. An event needs a customer or a peer.
    const struct bactrian_id *peer;
    /// When, in microseconds since 1970 UTC.
    int64_t at;
    /// Its other roles; NULL only with a length of 0. A field that the kind has no role for is passed over.
    const struct bactrian_field *fields;
    /// How many fields.
    size_t fields_length;
} bactrian_event;

/// How the columns of a batch are called. Begin with `BACTRIAN_ROLES_INIT`, which sets the size.
///
/// ```c
/// const char *roles[] = { "customer", "at" }, *columns[] = { "client_no", "booked" };
/// bactrian_roles mapped = BACTRIAN_ROLES_INIT;
/// mapped.kind = "purchase";
/// mapped.roles = roles;
/// mapped.columns = columns;
/// mapped.length = 2;
/// ```
typedef struct bactrian_roles {
    /// `sizeof(bactrian_roles)`.
    size_t struct_size;
    /// The kind of all rows, or the layer of all ties; NULL if a column `kind` (or `layer`) says it.
    const char *kind;
    /// Our words: roles, traits; NULL only with a length of 0. What is not named here has the column
    /// that the definition gives it, or one of its own name.
    const char *const *roles;
    /// The column of each.
    const char *const *columns;
    /// How many.
    size_t length;
} bactrian_roles;

/// One plain column of a batch. `type` says what `data` points to, one element a row.
typedef struct bactrian_column {
    /// Its name: a column of the definition's roles, or one that the call maps to a role.
    const char *name;
    /// One of `BACTRIAN_TYPE_NUMBER` (`double`), `_FLAG` (`uint8_t`), `_TEXT` (`const char *`),
    /// `_TIME` (`int64_t`), `_WHOLE` (`uint64_t`).
    uint32_t type;
    /// The elements; NULL only with no rows.
    const void *data;
    /// A byte a row, 0 where the value is unknown; NULL where all are known.
    const uint8_t *known;
} bactrian_column;

/// One action of a slate.
typedef struct bactrian_choice {
    /// Identifies the decision for this action: outcomes are learnt by it.
    uint64_t id;
    /// The action.
    const char *action;
    /// Its priority in money.
    double priority;
    /// P(chosen).
    double propensity;
    /// 1 if the control arm withholds it, so that it is not to be sent; 0 if not.
    uint32_t withheld;
    /// The arm as which it is sent; NULL where it has none.
    const char *arm;
} bactrian_choice;

/// A named text, such as a value that was read, as a person reads it.
typedef struct bactrian_factor {
    /// What it is: a column, a factor.
    const char *name;
    /// Its value as text; `unknown` where there is none.
    const char *value;
} bactrian_factor;

/// An action that was not chosen.
typedef struct bactrian_loser {
    /// The action.
    const char *action;
    /// Why it lost.
    bactrian_reason reason;
    /// The reason in words.
    const char *why;
} bactrian_loser;

/// A change of one value that was read, and what would win then.
typedef struct bactrian_flip {
    /// The column; of a contact policy, what it counts.
    const char *column;
    /// The value that was read; flags are 0 and 1, times microseconds since 1970 UTC.
    double value;
    /// The nearest value found at which the decision turns.
    double to;
    /// What would win then; NULL is silence.
    const char *action;
    /// One sentence.
    const char *why;
} bactrian_flip;

/// A named number.
typedef struct bactrian_figure {
    /// What it is.
    const char *name;
    /// Its value; NaN is unknown.
    double value;
} bactrian_figure;

/// What a fit found for one column.
typedef struct bactrian_fitted_column {
    /// The column, or `segment.axis`.
    const char *name;
    /// Why nothing was learnt; NULL if something was. A skipped column keeps what it had.
    const char *skipped;
} bactrian_fitted_column;

/// A column that can be read.
typedef struct bactrian_column_info {
    /// Its name.
    const char *name;
    /// 1 if it is read toward a peer, 0 if not.
    uint32_t toward;
} bactrian_column_info;

/// A part of an engine's memory.
typedef struct bactrian_memory_part {
    /// What it holds, such as `features` or `ids`.
    const char *name;
    /// Its bytes.
    uint64_t bytes;
    /// Its bytes a customer; what an engine has without customers counts as one's.
    double bytes_per_customer;
} bactrian_memory_part;

/// What was recorded of a decision.
typedef struct bactrian_recorded_info {
    /// Its id.
    uint64_t id;
    /// For whom; neither text nor number for a customer who was erased.
    struct bactrian_id customer;
    /// When, in microseconds since 1970 UTC.
    int64_t at;
    /// The chosen action, withheld or not; NULL is silence.
    const char *action;
    /// 1 if the control arm withheld it, 0 if not.
    uint32_t withheld;
    /// P(chosen), in (0, 1].
    double propensity;
    /// Priority of the chosen action in money; the price of attention where silence won.
    double priority;
    /// The price of attention.
    double attention;
    /// The fingerprint of the definition under which it was taken.
    const char *definition;
    /// The arm as which it was sent; NULL where it had none.
    const char *arm;
} bactrian_recorded_info;

/// An action of a recorded decision.
typedef struct bactrian_recorded_action {
    /// The action.
    const char *action;
    /// 1 if it fell at a gate or a policy, 0 if it did not.
    uint32_t fell;
    /// Where, if it fell.
    bactrian_reason reason;
    /// P(outcome | action); this and the following are NaN for one that fell.
    double response;
    /// The weight of the context.
    double weight;
    /// Value of the outcome in money.
    double value;
    /// The lever.
    double lever;
    /// Cost in money.
    double cost;
    /// Priority in money.
    double priority;
} bactrian_recorded_action;

/// Records of the journal that feed nothing under a new definition.
typedef struct bactrian_unread {
    /// The declared word that is gone, such as `event.visit`.
    const char *word;
    /// How many records of it the journal holds.
    uint64_t records;
} bactrian_unread;

/// A row that was refused.
typedef struct bactrian_reject {
    /// Its number in the call, from 0.
    uint64_t row;
    /// Why.
    const char *reason;
} bactrian_reject;

/// A customer's move from one cell of a segment to another.
typedef struct bactrian_crossing {
    /// Who.
    struct bactrian_id customer;
    /// The segment.
    const char *segment;
    /// The cell left; empty before the first.
    const char *from;
    /// The cell entered.
    const char *to;
    /// When, in microseconds since 1970 UTC.
    int64_t at;
    /// `event`, `trait`, `time`, `fit`, `redefine`, `absorb` or `merge`.
    const char *cause;
    /// The columns that moved, with commas between them.
    const char *moved;
} bactrian_crossing;

/// A decision that a crossing asked for.
typedef struct bactrian_taken_decision {
    /// For whom.
    struct bactrian_id customer;
    /// When, in microseconds since 1970 UTC.
    int64_t at;
    /// The decision; it goes with the report and is not freed.
    const struct bactrian_decision *decision;
} bactrian_taken_decision;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/// Reads a definition from TOML.
///
/// Errors: `DEFINITION_INVALID`, and `bactrian_error_problem` gives every mistake with its place.
///
/// ```c
/// bactrian_definition *definition = NULL;
/// status = bactrian_definition_from_toml("[event.visit]\ncustomer = \"who\"\nat = \"when\"\n", &definition);
/// ```
bactrian_status bactrian_definition_from_toml(const char *text, struct bactrian_definition **definition);

/// Reads a definition from JSON of the same shape.
///
/// Errors: `DEFINITION_INVALID`; the findings name paths, their lines and columns are 0.
bactrian_status bactrian_definition_from_json(const char *text, struct bactrian_definition **definition);

/// Reads a definition from a file of TOML, or of JSON if its name ends so, and the model files that it
/// names; their paths are relative to its own.
///
/// Errors: `STORE_IO` if it can't be read, `INVALID_UTF8`, `DEFINITION_INVALID`.
bactrian_status bactrian_definition_from_file(const char *path, struct bactrian_definition **definition);

/// The definition as TOML, without comments; it reads back to the same meaning. Valid as long as the
/// definition; NULL for NULL.
const char *bactrian_definition_toml(const struct bactrian_definition *definition);

/// The definition as JSON; it reads back to the same meaning. Valid as long as the definition; NULL
/// for NULL.
const char *bactrian_definition_json(const struct bactrian_definition *definition);

/// 16 hexadecimal digits for the meaning of the definition: comments, white space and the order of
/// named tables leave them as they are. Valid as long as the definition; NULL for NULL.
const char *bactrian_definition_fingerprint(const struct bactrian_definition *definition);

/// Gives a definition back; NULL is fine. Engines that were opened with it keep their own.
void bactrian_definition_free(struct bactrian_definition *definition);

/// Finds everything that is to be said about a definition in TOML: all mistakes at once, parts that
/// this version does not have yet, warnings; sorted by place. A definition with findings is no error
/// of this call.
///
/// Errors: those of the pointers alone.
///
/// ```c
/// bactrian_problems *problems = NULL;
/// if (bactrian_check(text, &problems) == BACTRIAN_STATUS_OK) {
///     for (size_t i = 0; i < bactrian_problems_count(problems); i++) {
///         const bactrian_problem *problem = bactrian_problems_at(problems, i);
///         printf("%u:%u %s\n", problem->line, problem->column, problem->message);
///     }
///     bactrian_problems_free(problems);
/// }
/// ```
bactrian_status bactrian_check(const char *text, struct bactrian_problems **problems);

/// How many findings; 0 for NULL.
size_t bactrian_problems_count(const struct bactrian_problems *problems);

/// One finding; NULL from the end on. Valid as long as `problems`.
const struct bactrian_problem *bactrian_problems_at(const struct bactrian_problems *problems, size_t index);

/// Gives findings back; NULL is fine.
void bactrian_problems_free(struct bactrian_problems *problems);

/// Opens an engine: the file at `path`, made if there is none, or one in memory for NULL. A NULL
/// `definition` is the one in the file, and NULL `options` are the defaults.
///
/// Errors: `DEFINITION_INVALID`, `DEFINITION_NOT_YET`; `DEFINITION_MISMATCH` if the file has another
/// definition; `STORE_IO`, `STORE_CORRUPT`, `STORE_LOCKED`, `STORE_VERSION`; `STRUCT_SIZE`; `INTERRUPTED`.
///
/// ```c
/// bactrian_engine *engine = NULL;
/// bactrian_status status = bactrian_engine_open("shop.bactrian", definition, NULL, &engine);
/// ```
bactrian_status bactrian_engine_open(const char *path,
                                     const struct bactrian_definition *definition,
                                     const struct bactrian_options *options,
                                     struct bactrian_engine **engine);

/// Closes an engine: what was written is on disk, the file is free for others, and every later call
/// on it, by this or another handle, is refused with `CLOSED`. The handle still has to be freed.
///
/// Errors: `STORE_IO`; `CLOSED` if it was.
bactrian_status bactrian_engine_close(const struct bactrian_engine *engine);

/// Gives an engine back; NULL is fine. The file is closed with the last of its engine and readers.
void bactrian_engine_free(struct bactrian_engine *engine);

/// Moves the ceiling: the latest event time accepted from now on, in microseconds since 1970 UTC.
///
/// Errors: those of the pointers alone.
bactrian_status bactrian_engine_set_ceiling(const struct bactrian_engine *engine, int64_t ceiling);

/// The engine's clock into `now`: the latest accepted event or advance, in microseconds since 1970
/// UTC; `BACTRIAN_NOW` if nothing came yet.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_engine_now(const struct bactrian_engine *engine, int64_t *now);

/// The definition that the engine runs.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_engine_definition(const struct bactrian_engine *engine,
                                           struct bactrian_definition **definition);

/// The columns that can be read, in dependency order.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_engine_columns(const struct bactrian_engine *engine,
                                        struct bactrian_column_list **list);

/// What can be read, into a stream of one batch: `column`, `type`, `order` (of arrival that it honours: `fold`,
/// `ordered`, `trail`), `toward` and `fitted`, in dependency order. `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_engine_catalog(const struct bactrian_engine *engine,
                                        struct ArrowArrayStream *stream);

/// Sizes and counts into `stats`, whose `struct_size` is set. Cost: a pass over the customers.
///
/// Errors: `STRUCT_SIZE`, `STORE_IO`, `CLOSED`.
///
/// ```c
/// bactrian_stats stats = BACTRIAN_STATS_INIT;
/// status = bactrian_engine_stats(engine, &stats);
/// ```
bactrian_status bactrian_engine_stats(const struct bactrian_engine *engine, struct bactrian_stats *stats);

/// What the engine keeps in memory, by part, in all and a customer. Free the parts. Cost: a pass over the customers.
///
/// Errors: `STORE_IO`, `CLOSED`.
bactrian_status bactrian_engine_memory(const struct bactrian_engine *engine,
                                       struct bactrian_memory_parts **parts);

/// One number for everything known, into `digest`: engines with the same records have the same, to the
/// bit, on any machine and after reopening. Cost: a pass over the state.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_engine_digest(const struct bactrian_engine *engine, uint64_t *digest);

/// The version of the library, such as `0.1.0`. The text is static.
const char *bactrian_version(void);

/// Registers a function of the host: the columns that a definition declares with `callback = name` and
/// this version read through it from now on; the same name and version again replace it. A file holds no
/// functions: register after each opening. `context` is passed to each call, and to `release`, which may be
/// NULL, once nobody needs it any more, also when this call fails.
///
/// What goes wrong in a callback makes its column unknown and is counted: `bactrian_engine_callbacks`.
///
/// Errors: those of the pointers, `INVALID_UTF8`, `CLOSED`, `CALLBACK` from within a callback.
///
/// ```c
/// static int32_t risk(void *context, const double *inputs, size_t length, double *value) {
///     *value = inputs[0] / 100.0;
///     return 0;
/// }
/// status = bactrian_engine_register(engine, "their_model", "2024-03", risk, NULL, NULL);
/// ```
bactrian_status bactrian_engine_register(const struct bactrian_engine *engine,
                                         const char *name,
                                         const char *version,
                                         bactrian_callback callback,
                                         void *context,
                                         bactrian_release release);

/// Sets the hook that long work asks from time to time whether to stop: a fit, a replay of the journal, a table, a
/// batch of decisions; NULL takes it away. A call that is stopped is `INTERRUPTED` and changes nothing. `context`
/// is passed to each call, and to `release`, which may be NULL, once nobody needs it any more, also when this call
/// fails.
///
/// Errors: those of the pointers, `CLOSED`, `FORKED`.
///
/// ```c
/// static int32_t cancelled(void *context) { return *(volatile sig_atomic_t *)context; }
/// status = bactrian_engine_set_interrupt(engine, cancelled, (void *)&stop, NULL);
/// ```
bactrian_status bactrian_engine_set_interrupt(const struct bactrian_engine *engine,
                                              bactrian_interrupt interrupt,
                                              void *context,
                                              bactrian_release release);

/// What became of the calls of each registered callback. Free the list.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_engine_callbacks(const struct bactrian_engine *engine,
                                          struct bactrian_callback_list **list);

/// How many callbacks; 0 for NULL.
size_t bactrian_callback_list_count(const struct bactrian_callback_list *list);

/// One callback; NULL from the end on. Valid as long as the list.
const struct bactrian_callback_info *bactrian_callback_list_at(const struct bactrian_callback_list *list,
                                                               size_t index);

/// Gives a list back; NULL is fine.
void bactrian_callback_list_free(struct bactrian_callback_list *list);

/// Goes on under another definition, swapped in by one commit: added columns are back-filled from the
/// journal; crossings, decisions and fits stand as they were recorded, save fits of columns whose declaration
/// changed. Readers are prepared again. `report` may be NULL. Cost: one replay of the journal.
///
/// Errors: `DEFINITION_INVALID`, `DEFINITION_NOT_YET`, and the old definition goes on; `READ_ONLY`, `CLOSED`,
/// `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_redefine(engine, definition, NULL);
/// ```
bactrian_status bactrian_engine_redefine(const struct bactrian_engine *engine,
                                         const struct bactrian_definition *definition,
                                         struct bactrian_redefine_report **report);

/// Folds one customer into another: from now on both ids are one customer, `kept`, and everything recorded
/// of either is refolded as one stream. Cost: one replay of the journal.
///
/// Errors: `UNKNOWN_CUSTOMER`; `SCHEMA_RANGE` if the two are one already; `READ_ONLY`, `CLOSED`, `STORE_IO`.
bactrian_status bactrian_engine_merge(const struct bactrian_engine *engine,
                                      const struct bactrian_id *kept,
                                      const struct bactrian_id *folded);

/// Writes the state beside the journal in one commit: the next opening loads it and folds only what came
/// after. In memory it does nothing. Cost: a pass over the state.
///
/// Errors: `READ_ONLY`, `CLOSED`, `STORE_IO`.
bactrian_status bactrian_engine_checkpoint(const struct bactrian_engine *engine);

/// Decides what to do next for a customer, toward `peer` unless it is NULL, at `at` (`BACTRIAN_NOW`:
/// the engine's clock), and records it: the record is durable when the call returns. Silence is always
/// a candidate. Free the decision.
///
/// Errors: `UNKNOWN_CUSTOMER`; `TIME_PAST` for a moment before the clock, `TIME_BEYOND_CEILING`;
/// `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// bactrian_decision *decision = NULL;
/// status = bactrian_engine_decide(engine, &anna, NULL, BACTRIAN_NOW, &decision);
/// if (status == BACTRIAN_STATUS_OK) {
///     const char *action = bactrian_decision_action(decision);
///     printf("%s: %s\n", action ? action : "silence", bactrian_decision_why(decision));
///     bactrian_decision_free(decision);
/// }
/// ```
bactrian_status bactrian_engine_decide(const struct bactrian_engine *engine,
                                       const struct bactrian_id *customer,
                                       const struct bactrian_id *peer,
                                       int64_t at,
                                       struct bactrian_decision **decision);

/// Decides as `bactrian_engine_decide` does, with all that can be asked. A dry decision changes
/// nothing and may be taken on a read-only engine.
///
/// Errors: as `bactrian_engine_decide`, and `STRUCT_SIZE`.
///
/// ```c
/// bactrian_ask ask = BACTRIAN_ASK_INIT;
/// ask.dry = 1;
/// status = bactrian_engine_decide_with(engine, &anna, &ask, &decision);
/// ```
bactrian_status bactrian_engine_decide_with(const struct bactrian_engine *engine,
                                            const struct bactrian_id *customer,
                                            const struct bactrian_ask *ask,
                                            struct bactrian_decision **decision);

/// Decides for many customers at one moment, in order, and records all of it in one commit unless the ask
/// is dry, into a stream of one batch: `customer`, `action` (null is silence), `priority`, `propensity`,
/// `why`, `decision` (the id by which outcomes are learnt). NULL `customers` are everyone, in order of first sight; a NULL `ask` has the defaults. `stream` is
/// overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_decide_with`; then nothing is recorded.
///
/// ```c
/// struct ArrowArrayStream stream;
/// status = bactrian_engine_decide_batch(engine, NULL, 0, NULL, &stream);
/// ```
bactrian_status bactrian_engine_decide_batch(const struct bactrian_engine *engine,
                                             const struct bactrian_id *customers,
                                             size_t customers_length,
                                             const struct bactrian_ask *ask,
                                             struct ArrowArrayStream *stream);

/// Where each action falls for some customers, or for everyone for NULL, without recording anything, into a
/// stream of one batch: a row an action with `action`, `customers`, how many fell at each stage, and `chosen`; the
/// last row is silence. A NULL `ask` has the defaults. `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_decide_with`.
bactrian_status bactrian_engine_funnel(const struct bactrian_engine *engine,
                                       const struct bactrian_id *customers,
                                       size_t customers_length,
                                       const struct bactrian_ask *ask,
                                       struct ArrowArrayStream *stream);

/// What was expected of each action and what came of it, into a stream of one batch: a row an action that was
/// ever decided (null is silence) with `action`, `process`, `decisions`, `withheld`, `expected`, `cost`,
/// `realised`, `answered`, `open`, `expired`, and a column `outcome.KIND` for each kind of outcome. `stream` is
/// overwritten; release it with its own `release`.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_engine_ledger(const struct bactrian_engine *engine,
                                       struct ArrowArrayStream *stream);

/// The ledger by the cells of a segment, into a stream of one batch: as `bactrian_engine_ledger`, a row a cell
/// and action, with a first column `cell`, in which the customer was when the decision was taken (null is none).
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `CLOSED`.
///
/// ```c
/// status = bactrian_engine_ledger_by(engine, "tier", &stream);
/// ```
bactrian_status bactrian_engine_ledger_by(const struct bactrian_engine *engine,
                                          const char *segment,
                                          struct ArrowArrayStream *stream);

/// What has been learnt of the response to actions with a `response_model`, into a stream of one batch: a row an
/// action and cell with `action`, `cell` (null is the action as a whole), `successes` and `failures` (all that there were),
/// `trials` (how many these count for now), `response` and `standard_deviation`. `stream` is overwritten; release it with its own `release`.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_engine_responses(const struct bactrian_engine *engine,
                                          struct ArrowArrayStream *stream);

/// A decision as the journal has it, by its id: every candidate with its factors, under the definition of its
/// time. Free it. Cost: a pass over the journal.
///
/// Errors: `UNKNOWN_DECISION`; `CLOSED`, `STORE_IO`, `STORE_CORRUPT`.
///
/// ```c
/// bactrian_recorded_decision *recorded = NULL;
/// status = bactrian_engine_recorded(engine, bactrian_decision_id(decision), &recorded);
/// ```
bactrian_status bactrian_engine_recorded(const struct bactrian_engine *engine,
                                         uint64_t decision,
                                         struct bactrian_recorded_decision **recorded);

/// Plans up to `ask.most` actions for each customer (NULL: everyone), so that what they are worth beyond the price of
/// attention sums to as much as `means` (NULL: no limits) allow, into a stream of one batch: `customer`, `action` (null
/// is silence), `priority`, `cost`, a row a customer and action. How good that is goes into `plan`, and a row a limit
/// into `limits`, unless these are NULL: `name`, `capacity`, `used`, `price` (what one more would be worth) and
/// `missing`, by how much its use falls short of what was asked for at least. Capacities are always kept, one action of
/// a group and what contact policies leave to each customer too; of what is asked for at least as few contacts in all
/// are missing as can be, which goes before what the plan is worth. Records nothing. A NULL `ask` has the defaults.
/// `limits` and `stream` are overwritten; release each with its own `release`.
///
/// Errors: as `bactrian_engine_decide_with`; `UNKNOWN_WORD` for a limit of what is no action, channel, group, process or
/// relationship; `SCHEMA_RANGE` for a limit below 0, one that is given twice, a least above its capacity, a cost below
/// 0 under a budget, and a customer who is asked for twice.
///
/// ```c
/// const char *scarce[] = { "phone" };
/// const double places[] = { 100 };
/// bactrian_means means = BACTRIAN_MEANS_INIT;
/// means.budget = 5000;
/// means.capacity_names = scarce;
/// means.capacity = places;
/// means.capacity_length = 1;
/// status = bactrian_engine_plan(engine, NULL, 0, NULL, &means, &plan, NULL, &stream);
/// ```
bactrian_status bactrian_engine_plan(const struct bactrian_engine *engine,
                                     const struct bactrian_id *customers,
                                     size_t customers_length,
                                     const struct bactrian_ask *ask,
                                     const struct bactrian_means *means,
                                     struct bactrian_plan *plan,
                                     struct ArrowArrayStream *limits,
                                     struct ArrowArrayStream *stream);

/// Gives customers (NULL: everyone who is no agent) to `agents`, so that as many as possible are served and what the
/// number column `score` says of the customer toward the agent sums to the most, into a stream of one batch:
/// `customer`, `agent` (null where no place is left), `score`; the sum goes into `sum`, unless it is NULL. Each agent
/// takes at most as many as `places` says (NULL: one each). Exact. Records nothing. `stream` is overwritten; release it
/// with its own `release`.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN`; `SCHEMA_TYPE` for a column that is no number; `SCHEMA_MISSING` without
/// an agent; `SCHEMA_RANGE` for an agent or customer named twice, or above 65,536 customers or places; `TIME_PAST`.
bactrian_status bactrian_engine_assign(const struct bactrian_engine *engine,
                                       const struct bactrian_id *customers,
                                       size_t customers_length,
                                       const struct bactrian_id *agents,
                                       const size_t *places,
                                       size_t agents_length,
                                       const char *score,
                                       int64_t at,
                                       double *sum,
                                       struct ArrowArrayStream *stream);

/// What another definition would have decided wherever the journal holds a decision at or after `since` (`INT64_MIN`:
/// all), into `backtest`, and unless these are NULL into streams of one batch each: `values`, as
/// `bactrian_engine_evaluate` has them (no rows where no decision is settled); `moved`, a row a customer who would have
/// got something else (`customer`, `decisions`, `gained`, `lost`, `changed`); `funnel`, a row an action and rule at which
/// it falls (`action`, `stage`, `rule`, `decisions`); `unserved`, a row a customer who would have got nothing (`customer`,
/// `decisions`, `action`, `stage`, `rule`). Writes nothing. Streams are overwritten; release each with its own
/// `release`. Cost: a replay of the journal.
///
/// Errors: as `bactrian_engine_redefine`; `CALLBACK` where the other definition needs one that is not registered.
bactrian_status bactrian_engine_backtest(const struct bactrian_engine *engine,
                                         const struct bactrian_definition *definition,
                                         int64_t since,
                                         struct bactrian_backtest *backtest,
                                         struct ArrowArrayStream *values,
                                         struct ArrowArrayStream *moved,
                                         struct ArrowArrayStream *funnel,
                                         struct ArrowArrayStream *unserved);

/// What a policy would have brought, by the decisions recorded at or after `since` (`INT64_MIN`: all), their propensities
/// and what came of them, into a stream of one batch with a row for `value` (in money) and one for `success`: `measure`,
/// `rows`, the estimates `logged`, `ips` and `snips` with `.lower` and `.upper`, `effective_sample_size`,
/// `largest_weight`, `mean_weight`, and the `gain` with its interval, `claim` and `why`. The policy is a `definition` or,
/// where that is NULL, the `action` that is always taken (NULL: silence). `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: `NOT_ENOUGH_DATA` where no decision is settled; `UNKNOWN_WORD` for an action that there is not; as
/// `bactrian_engine_backtest`.
bactrian_status bactrian_engine_evaluate(const struct bactrian_engine *engine,
                                         const struct bactrian_definition *definition,
                                         const char *action,
                                         int64_t since,
                                         struct ArrowArrayStream *stream);

/// The same for a policy of which it is known with which probability it does what was done: `propensities` from 0 to 1
/// of `length` `decisions`; others are left out.
///
/// Errors: as `bactrian_engine_evaluate`; `UNKNOWN_DECISION` for one that was not recorded; `SCHEMA_RANGE` for a
/// propensity outside [0, 1].
bactrian_status bactrian_engine_evaluate_propensities(const struct bactrian_engine *engine,
                                                      const uint64_t *decisions,
                                                      const double *propensities,
                                                      size_t length,
                                                      int64_t since,
                                                      struct ArrowArrayStream *stream);

/// The effect of every action by its control arm, over the decisions at or after `since` (`INT64_MIN`: all) whose window is
/// over, into a stream of a row an action, or with a `segment` (not NULL) a row a cell and action: `cell`, `action`,
/// `sent`, `withheld`, and of `success` and `money` the effect with `.low`, `.high` and `.claim`. `before` (unless NULL) is
/// a number column known before, which takes noise out (CUPED). `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: `UNKNOWN_SEGMENT`; `UNKNOWN_COLUMN` or `SCHEMA_TYPE` for `before`; `STORE_IO`, `CLOSED`.
bactrian_status bactrian_engine_effects(const struct bactrian_engine *engine,
                                        const char *segment,
                                        const char *before,
                                        int64_t since,
                                        struct ArrowArrayStream *stream);

/// What the opportunities under way will bring, by a `column` of the model `pipeline`, into a stream of one batch: `group`,
/// `opportunities`, `worth`, `forecast` (the sum of worth x chance to be won), and the interval `lower` to `upper` (.05
/// on either side). A row each label of the column `by` (unless NULL), and one without a group, the total. `stream` is
/// overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_COLUMN`, with the nearest name; `SCHEMA_TYPE` for a column that is no pipeline; `NOT_ENOUGH_DATA`
/// before a fit; `SCHEMA_MISSING` for a `by` toward a peer; `TIME_PAST`.
bactrian_status bactrian_engine_forecast(const struct bactrian_engine *engine,
                                         const char *column,
                                         const char *by,
                                         int64_t at,
                                         struct ArrowArrayStream *stream);

/// Erases a customer: events, traits, ties, decisions, every column and the id; the file is written anew and
/// searched. Fits stay until the next one, and the receipt names them. Free the receipt. Cost: two passes over
/// the journal, and one replay.
///
/// Errors: `UNKNOWN_CUSTOMER`, `TIME_PAST`; `READ_ONLY`, `CLOSED`, `STORE_IO`, and then nothing has changed.
bactrian_status bactrian_engine_erase(const struct bactrian_engine *engine,
                                      const struct bactrian_id *customer,
                                      struct bactrian_erasure **receipt);

/// What was removed; NULL for NULL. Valid as long as the receipt.
const struct bactrian_erasure_info *bactrian_erasure_figures(const struct bactrian_erasure *receipt);

/// How many fitted columns had been learnt with the customer, and stay as they are until the next fit; 0 for NULL.
size_t bactrian_erasure_fit_count(const struct bactrian_erasure *receipt);

/// One of them; NULL from the end on. Valid as long as the receipt.
const char *bactrian_erasure_fit(const struct bactrian_erasure *receipt, size_t index);

/// Gives a receipt back; NULL is fine.
void bactrian_erasure_free(struct bactrian_erasure *receipt);

/// Gives all that is held about a customer: ids, columns, traits, memberships, events, crossings, decisions,
/// ties. Free the export. Cost: a pass over the journal.
///
/// Errors: `UNKNOWN_CUSTOMER`; `CLOSED`, `STORE_IO`.
bactrian_status bactrian_engine_export(const struct bactrian_engine *engine,
                                       const struct bactrian_id *customer,
                                       struct bactrian_export **export_);

/// The export as one JSON object: `ids`, and a list of rows for each table; times are RFC 3339, what is unknown is
/// left out. NULL for NULL. Valid as long as the export.
const char *bactrian_export_json(const struct bactrian_export *export_);

/// Gives an export back; NULL is fine.
void bactrian_export_free(struct bactrian_export *export_);

/// Makes durable what row calls have recorded: under `BACTRIAN_DURABILITY_INTERVAL` a host calls it on its own tick.
///
/// Errors: `READ_ONLY`, `CLOSED`, `STORE_IO`.
bactrian_status bactrian_engine_flush(const struct bactrian_engine *engine);

/// What the engine knows, without its journal and fits, for `bactrian_engine_absorb` of an engine elsewhere over
/// other events. Free it. Cost: a pass over the state.
///
/// Errors: `NOT_MERGEABLE` once customers were merged; `CLOSED`.
bactrian_status bactrian_engine_partial(const struct bactrian_engine *engine,
                                        struct bactrian_partial **partial);

/// Its bytes; NULL for NULL. Valid as long as the partial state.
const uint8_t *bactrian_partial_data(const struct bactrian_partial *partial);

/// How many bytes; 0 for NULL.
size_t bactrian_partial_length(const struct bactrian_partial *partial);

/// Gives a partial state back; NULL is fine.
void bactrian_partial_free(struct bactrian_partial *partial);

/// Takes over what an engine of the same definition knows, by the bytes of `bactrian_engine_partial`; the sets of
/// events must be disjoint. It is durable when the call returns. `report` may be NULL.
///
/// Errors: `DEFINITION_MISMATCH`; `NOT_MERGEABLE` for a part that was absorbed before, or that shares events; then
/// nothing is taken. `TIME_BEYOND_CEILING`, `STORE_VERSION`, `STORE_CORRUPT`, `READ_ONLY`, `CLOSED`, `STORE_IO`.
bactrian_status bactrian_engine_absorb(const struct bactrian_engine *engine,
                                       const uint8_t *data,
                                       size_t length,
                                       struct bactrian_report **report);

/// Reads columns of many customers, toward `peer` unless it is NULL, at `at` (`BACTRIAN_NOW`: the
/// engine's clock) into a stream of one batch, whose first column is `customer`. NULL `customers` are
/// everyone, in order of first sight; NULL `columns` are all that need no peer, or with a peer all.
///
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN`, `TIME_PAST`; `SCHEMA_MISSING` for a column toward a
/// peer without one; `CLOSED`.
///
/// ```c
/// const char *columns[] = { "spend", "orders" };
/// struct ArrowArrayStream stream;
/// status = bactrian_engine_score(engine, NULL, 0, columns, 2, NULL, BACTRIAN_NOW, &stream);
/// ```
bactrian_status bactrian_engine_score(const struct bactrian_engine *engine,
                                      const struct bactrian_id *customers,
                                      size_t customers_length,
                                      const char *const *columns,
                                      size_t columns_length,
                                      const struct bactrian_id *peer,
                                      int64_t at,
                                      struct ArrowArrayStream *stream);

/// Point-in-time rows for learning: what `bactrian_engine_score` would have given just before `at`, into a
/// stream of one batch whose first column is `customer`. An event at `at`, such as the label, never sees
/// itself. Corrections that came late count, or with `known_at` (unless it is `BACTRIAN_NOW`) only what the
/// engine had been given by then. NULL `customers` are everyone known by then; NULL `columns` are all that
/// need no peer. `stream` is overwritten; release it with its own `release`. Cost: one replay of the journal.
///
/// Errors: as `bactrian_engine_score`; `TIME_BEYOND_CEILING`, `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_training_set(engine, NULL, 0, NULL, 0, month_end, BACTRIAN_NOW, &stream);
/// ```
bactrian_status bactrian_engine_training_set(const struct bactrian_engine *engine,
                                             const struct bactrian_id *customers,
                                             size_t customers_length,
                                             const char *const *columns,
                                             size_t columns_length,
                                             int64_t at,
                                             int64_t known_at,
                                             struct ArrowArrayStream *stream);

/// Why a column has its value: parts that sum to it, and the evidence behind it. Free the explanation.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN`, `TIME_PAST`, `CLOSED`.
///
/// ```c
/// bactrian_explanation *explanation = NULL;
/// status = bactrian_engine_explain(engine, &anna, "warmth", &ben, BACTRIAN_NOW, &explanation);
/// ```
bactrian_status bactrian_engine_explain(const struct bactrian_engine *engine,
                                        const struct bactrian_id *customer,
                                        const char *column,
                                        const struct bactrian_id *peer,
                                        int64_t at,
                                        struct bactrian_explanation **explanation);

/// The cells of a segment that have members, as a stream of one batch: `cell`, the label on each axis,
/// `size`, and for people `title`, a readable name, and `rule`, the expression over columns that leads into
/// the cell. `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `CLOSED`.
bactrian_status bactrian_engine_segment(const struct bactrian_engine *engine,
                                        const char *segment,
                                        struct ArrowArrayStream *stream);

/// The members of one cell of a segment, in order of first sight; a cell that the segment can't have is an error.
/// Free the list.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `CLOSED`.
bactrian_status bactrian_engine_members(const struct bactrian_engine *engine,
                                        const char *segment,
                                        const char *cell,
                                        struct bactrian_ids **members);

/// The crossings of one segment, or of all for NULL, from `since` on (`INT64_MIN`: all), as a stream of
/// one batch: `customer`, `segment`, `from`, `to`, `at`, `cause`, and the columns that `moved`, in order of record.
/// `stream` is overwritten; release it with its own `release`. Cost: a pass over the journal.
///
/// Errors: `UNKNOWN_SEGMENT`, `STORE_IO`, `CLOSED`.
bactrian_status bactrian_engine_crossings(const struct bactrian_engine *engine,
                                          const char *segment,
                                          int64_t since,
                                          struct ArrowArrayStream *stream);

/// The text behind the number that a column of names gives, such as a label or a cell, into `text`,
/// which has room for `room` bytes; empty for NaN. At most `room` bytes are written, a NUL at the end
/// included, and `length` (unless NULL) is the whole length without the NUL: longer than `room - 1`
/// means that the text was cut. NULL with no room asks for the length alone.
///
/// Errors: `CLOSED`.
///
/// ```c
/// char text[64];
/// status = bactrian_engine_key_text(engine, values[0], text, sizeof text, NULL);
/// ```
bactrian_status bactrian_engine_key_text(const struct bactrian_engine *engine,
                                         double key,
                                         char *text,
                                         size_t room,
                                         size_t *length);

/// How customers moved between the cells of a segment from `since` to `until` (`BACTRIAN_NOW`: the engine's
/// clock), as a stream of one batch: `from`, `to`, `count`, `probability`. With `every` above 0, in
/// microseconds, the interval is cut into spans of that length, and the moves over each are counted together.
/// `probability` is of being in `to` after `steps` spans (1 is one span), if only the cell matters; those of one
/// `from` sum to 1. Who was in no cell yet, not met included, is in `unknown`. `stream` is overwritten; release
/// it with its own `release`. Cost: a pass over the journal.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `SCHEMA_RANGE` for an interval or a span that is none;
/// `TIME_PAST`, `STORE_IO`, `CLOSED`.
///
/// ```c
/// status = bactrian_engine_transitions(engine, "tier", since, BACTRIAN_NOW, 0, 1, &stream);
/// ```
bactrian_status bactrian_engine_transitions(const struct bactrian_engine *engine,
                                            const char *segment,
                                            int64_t since,
                                            int64_t until,
                                            int64_t every,
                                            uint32_t steps,
                                            struct ArrowArrayStream *stream);

/// How steady a segment was from `since` to `until` (`BACTRIAN_NOW`: the engine's clock), as a stream of one
/// row: `customers` in a cell at both moments, the share that `stayed`, `adjusted_rand`,
/// `transition_entropy` in nats, and of the sizes of cells `stability_index` (PSI) and its `drift`
/// (`stable`, `shifting`, `moved`). `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_transitions`.
bactrian_status bactrian_engine_stability(const struct bactrian_engine *engine,
                                          const char *segment,
                                          int64_t since,
                                          int64_t until,
                                          struct ArrowArrayStream *stream);

/// The cells of a segment as by `bactrian_engine_segment`, with what each is worth: of each of the columns `values`
/// (numbers or flags) `NAME.mean` over its members, the 95% interval `NAME.lower` to `NAME.upper`, and `NAME.sum`.
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_SEGMENT`, `UNKNOWN_COLUMN`; `SCHEMA_MISSING` for a column toward a peer; `SCHEMA_TYPE` for one of
/// names or times; `CLOSED`.
bactrian_status bactrian_engine_segment_values(const struct bactrian_engine *engine,
                                               const char *segment,
                                               const char *const *values,
                                               size_t values_length,
                                               struct ArrowArrayStream *stream);

/// Where the members of each cell drift, as a stream of a row a cell and column: the means `before` `since` and `after`
/// (at the engine's clock) of who is in the cell now, their difference `drift` with its 95% interval, and `scaled`, in
/// standard deviations of the column among all. NULL `columns` are the numbers that the segment goes by. `stream` is
/// overwritten; release it with its own `release`. Cost: a replay of the journal.
///
/// Errors: as `bactrian_engine_segment_values`; `SCHEMA_MISSING` where there is no number; `TIME_PAST`,
/// `TIME_BEYOND_CEILING`, `STORE_IO`.
bactrian_status bactrian_engine_drift(const struct bactrian_engine *engine,
                                      const char *segment,
                                      int64_t since,
                                      const char *const *columns,
                                      size_t columns_length,
                                      struct ArrowArrayStream *stream);

/// How surely each member belongs to its cell, as a stream of `customer`, `cell`, the score `belonging` from 0 to 1, and
/// its 95% interval `lower` to `upper`; of one cell, or for NULL of all but `unknown`. `stream` is overwritten; release
/// it with its own `release`.
///
/// Errors: `UNKNOWN_SEGMENT`, with the nearest name; `CLOSED`.
bactrian_status bactrian_engine_belonging(const struct bactrian_engine *engine,
                                          const char *segment,
                                          const char *cell,
                                          struct ArrowArrayStream *stream);

/// The market by the columns `of`, aggregates alone, as a stream of a row a combination of their labels with at least
/// `k` customers: `customers`, and the mean of each of `measures`. Rarer combinations stand together in a last row
/// without labels, so that no row is found by subtracting the others. `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: `UNKNOWN_COLUMN`, with the nearest name; `SCHEMA_MISSING` without a column or for one toward a peer;
/// `SCHEMA_TYPE` for a measure of names; `SCHEMA_RANGE` for a `k` below 2; `CLOSED`.
bactrian_status bactrian_engine_market(const struct bactrian_engine *engine,
                                       const char *const *of,
                                       size_t of_length,
                                       const char *const *measures,
                                       size_t measures_length,
                                       uint64_t k,
                                       struct ArrowArrayStream *stream);

/// What each further group of columns adds to the first one in telling who has `outcome`, a flag, as a stream of two
/// rows a group: `group`, `measure` (`log_loss`, by how much it falls in nats, or `auc`, by how much it rises), `value`
/// with its 95% interval, `n`, `claim` and `why`. `groups` says of each of `columns` which group it is of; the group
/// met first is the one to begin with. Columns are read just before `at`, as by `bactrian_engine_training_set`
/// (`BACTRIAN_NOW`: at the engine's clock). `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_COLUMN`; `SCHEMA_TYPE` for an outcome that is no flag; `SCHEMA_MISSING` for less than two groups;
/// `NOT_ENOUGH_DATA`; `TIME_PAST`, `TIME_BEYOND_CEILING`, `STORE_IO`, `CLOSED`.
bactrian_status bactrian_engine_ablate(const struct bactrian_engine *engine,
                                       const char *outcome,
                                       const char *const *groups,
                                       const char *const *columns,
                                       size_t length,
                                       int64_t at,
                                       struct ArrowArrayStream *stream);

/// How strongly the column `of` (a segment, one of its axes, a trait, any that needs no peer) goes with others,
/// NULL being the traits, as a stream of a row a column: chi-squared with p- and q-value, Cramer's V as it is and
/// with its bias taken out, mutual information in nats. `within` (unless NULL) is a column each label of which is
/// looked at by itself. `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_COLUMN`, with the nearest name; `SCHEMA_MISSING` for a column toward a peer; `CLOSED`.
bactrian_status bactrian_engine_associations(const struct bactrian_engine *engine,
                                             const char *of,
                                             const char *const *columns,
                                             size_t columns_length,
                                             const char *within,
                                             struct ArrowArrayStream *stream);

/// How much more often each label of `column` is met inside each label of `of` than among all, as a stream of a row a
/// pair of labels: counts as in a crosstab, shares inside and elsewhere, lift with its 95% interval, p- and
/// q-value. `within` is as in `bactrian_engine_associations`. `stream` is overwritten; release it with its own
/// `release`.
///
/// Errors: as `bactrian_engine_associations`; `SCHEMA_RANGE` for more than a million pairs.
bactrian_status bactrian_engine_lifts(const struct bactrian_engine *engine,
                                      const char *of,
                                      const char *column,
                                      const char *within,
                                      struct ArrowArrayStream *stream);

/// Who is like the customers with a label of the column `of`, most alike first, as a stream of `customer` and
/// `probability`, of all who have another label or none yet: a calibrated logistic regression over the columns `by`.
/// At most `most` rows, 0 being all. `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_associations`; `UNKNOWN_SEGMENT` for a label that nobody has; `NOT_ENOUGH_DATA`.
bactrian_status bactrian_engine_look_alikes(const struct bactrian_engine *engine,
                                            const char *of,
                                            const char *label,
                                            const char *const *by,
                                            size_t by_length,
                                            size_t most,
                                            struct ArrowArrayStream *stream);

/// The peers with whom a customer has dealt or is tied, in order of first sight; with a `layer` (not NULL)
/// those tied to the customer in it, in either direction. Nobody is a peer of their own. Free the list.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN` for a layer that is not declared, `CLOSED`.
bactrian_status bactrian_engine_peers(const struct bactrian_engine *engine,
                                      const struct bactrian_id *customer,
                                      const char *layer,
                                      struct bactrian_ids **peers);

/// What ties a customer to each peer, in one `layer` or (NULL) in all, into a stream of one batch: `peer`,
/// `layer`, `forth` and `back` (strengths), `reciprocity`, `common` neighbours, `overlap`, `adamic_adar`.
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_peers`.
bactrian_status bactrian_engine_ties(const struct bactrian_engine *engine,
                                     const struct bactrian_id *customer,
                                     const char *layer,
                                     struct ArrowArrayStream *stream);

/// Whose ears to whisper in, into a stream of one batch: `customer` and `gain`, in the order of choice; and how
/// far that goes into `spread`, unless it is NULL. `stream` is overwritten; release it with its own `release`.
///
/// Errors: `SCHEMA_RANGE` where nothing limits the seeds and for ties below zero; `UNKNOWN_CUSTOMER`,
/// `UNKNOWN_COLUMN`; `SCHEMA_MISSING` for a layer that must be named; `NOT_ENOUGH_DATA` where nobody may be chosen.
///
/// ```c
/// bactrian_seed_ask ask = BACTRIAN_SEED_ASK_INIT;
/// ask.count = 10;
/// status = bactrian_engine_seeds(engine, &ask, &spread, &stream);
/// ```
bactrian_status bactrian_engine_seeds(const struct bactrian_engine *engine,
                                      const struct bactrian_seed_ask *ask,
                                      struct bactrian_spread *spread,
                                      struct ArrowArrayStream *stream);

/// Whether customers take up what their peers took up before them, into a stream of one batch with one row: `value`,
/// which is (after - before) / (after + before), `lower`, `upper`, `null_value`, `rows`, `claim` ("effect", "no
/// evidence" or "cannot tell"), `why`. `outcome` is the kind of event that is an adoption, `item` the role that says of what
/// (NULL: `need` where the kind has it), `window` the microseconds within which one may follow another (0: any). A tie
/// of `layer` (NULL: the only one) leads from who may follow to who goes before, as trust does; where ties run the other
/// way, as messages do, 1 in `reverse` turns them round. `stream` is overwritten; release it with its own `release`.
/// Cost: 21 passes over the adoptions and the ties of those who adopt.
///
/// Errors: `UNKNOWN_COLUMN`; `SCHEMA_TYPE` for a role that holds no names; `SCHEMA_MISSING` for a layer that must be
/// named; `SCHEMA_RANGE` for a window below zero.
bactrian_status bactrian_engine_influence(const struct bactrian_engine *engine,
                                          const char *outcome,
                                          const char *item,
                                          const char *layer,
                                          int64_t window,
                                          uint32_t reverse,
                                          struct ArrowArrayStream *stream);

/// What customers who matter to a customer deal in and the customer does not yet, into a stream of one batch: `need`,
/// `score`, `peers`, `alike`, `because`, best first, at most `most`. NULL `needs` and `layer` are the only ones.
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: `UNKNOWN_CUSTOMER`, `UNKNOWN_COLUMN`; `SCHEMA_MISSING` for what must be named; `SCHEMA_RANGE` for ties
/// below zero.
bactrian_status bactrian_engine_recommend(const struct bactrian_engine *engine,
                                          const struct bactrian_id *customer,
                                          size_t most,
                                          const char *needs,
                                          const char *layer,
                                          struct ArrowArrayStream *stream);

/// Who of a customer's peers can best meet `need`, into a stream of one batch: `peer`, `score`, `strength`,
/// `skill`, best first; no rows where none of them has ever dealt in it. Skill is w / (w + 1) for the decayed count w of
/// the peer's dealings in the need, the score skill times the peer's share of the strength of all the customer's ties, in
/// both directions. NULL `needs` and `layer` are the only ones.
/// `stream` is overwritten; release it with its own `release`.
///
/// Errors: as `bactrian_engine_recommend`.
bactrian_status bactrian_engine_route(const struct bactrian_engine *engine,
                                      const char *need,
                                      const struct bactrian_id *customer,
                                      const char *needs,
                                      const char *layer,
                                      struct ArrowArrayStream *stream);

/// Where the trials of new actions stand, into a stream of one batch: a row an action with a `trial` with `action`,
/// `successes` and `failures` of those sent whose window is over, `stand` (`go on`, `launch` or `stop`), `belief` (the
/// probability that it is good) and `share` (of customers who may get it now). `stream` is overwritten; release it with
/// its own `release`.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_engine_trials(const struct bactrian_engine *engine,
                                       struct ArrowArrayStream *stream);

/// How the response to an `action` with `by_contact` falls from one contact to the next, by what came of those whose
/// window is over. Free it. Cost: O(numbers of contacts^3).
///
/// Errors: `UNKNOWN_WORD` for an action that there is not, with the nearest name, or whose contacts are not counted.
///
/// ```c
/// bactrian_response_by_contact *response = NULL;
/// status = bactrian_engine_response_by_contact(engine, "mail", &response);
/// if (status == BACTRIAN_STATUS_OK) {
///     printf("%u contacts are worth it\n", bactrian_response_by_contact_worth(response, 30, 0.5));
///     bactrian_response_by_contact_free(response);
/// }
/// ```
bactrian_status bactrian_engine_response_by_contact(const struct bactrian_engine *engine,
                                                    const char *action,
                                                    struct bactrian_response_by_contact **response);

/// How many numbers of contacts there were; 0 for NULL.
size_t bactrian_response_by_contact_count(const struct bactrian_response_by_contact *response);

/// The response to one of them, rising; NULL from the end on. Valid as long as the response.
const struct bactrian_contact_response *bactrian_response_by_contact_at(const struct bactrian_response_by_contact *response,
                                                                        size_t index);

/// Whether the response changes from contact to contact, whose value is the slope: an effect below 0 is diminishing
/// returns. NULL for NULL. Valid as long as the response.
const struct bactrian_verdict *bactrian_response_by_contact_verdict(const struct bactrian_response_by_contact *response);

/// The response to the n-th contact as a share of that to the first: 1 where no fall is claimed, NaN where it can't be
/// told, and for NULL.
double bactrian_response_by_contact_share(const struct bactrian_response_by_contact *response,
                                          double nth);

/// How many contacts are worth it: those before the first whose fitted response times `value` is not above `cost`; 0
/// for NULL.
uint32_t bactrian_response_by_contact_worth(const struct bactrian_response_by_contact *response,
                                            double value,
                                            double cost);

/// Gives a response back; NULL is fine.
void bactrian_response_by_contact_free(struct bactrian_response_by_contact *response);

/// Takes one event; it is durable when the call returns. `report` may be NULL. A field that the kind has no role for
/// is passed over.
///
/// Errors: `ROW_REJECTED`, with the reason, for an event that can't be taken (unknown kind, nobody it
/// is about, a value of the wrong type, a time out of range or beyond the ceiling); `STRUCT_SIZE`,
/// `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_observe(engine, &event, NULL);
/// ```
bactrian_status bactrian_engine_observe(const struct bactrian_engine *engine,
                                        const struct bactrian_event *event,
                                        struct bactrian_report **report);

/// Takes events from an Arrow stream, in the order of (time, row); they are durable when the call
/// returns. Good rows go in; bad rows are in the report. `roles` and `report` may be NULL.
///
/// The stream is read to its end and released in every case.
///
/// Errors: `SCHEMA_MISSING`, `SCHEMA_TYPE`, `SCHEMA_ARROW` when the table as a whole can't be read, and
/// then nothing is taken; `STRUCT_SIZE`, `READ_ONLY`, `CLOSED`, `STORE_IO`.
bactrian_status bactrian_engine_observe_arrow(const struct bactrian_engine *engine,
                                              struct ArrowArrayStream *stream,
                                              const struct bactrian_roles *roles,
                                              struct bactrian_report **report);

/// Takes events from plain columns of `rows` elements each, as `bactrian_engine_observe_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
///
/// ```c
/// bactrian_column columns[] = {
///     { "customer", BACTRIAN_TYPE_WHOLE, customers, NULL },
///     { "at", BACTRIAN_TYPE_TIME, times, NULL },
///     { "amount", BACTRIAN_TYPE_NUMBER, amounts, NULL },
/// };
/// status = bactrian_engine_observe_columns(engine, columns, 3, rows, &mapped, NULL);
/// ```
bactrian_status bactrian_engine_observe_columns(const struct bactrian_engine *engine,
                                                const struct bactrian_column *columns,
                                                size_t columns_length,
                                                size_t rows,
                                                const struct bactrian_roles *roles,
                                                struct bactrian_report **report);

/// Takes traits of one customer, as they are from `at` on (`BACTRIAN_NOW`: the engine's clock).
/// `report` may be NULL.
///
/// Errors: `UNKNOWN_WORD` for a trait that the definition does not have, `SCHEMA_TYPE`,
/// `ROW_REJECTED`; `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// bactrian_field traits[] = { bactrian_field_flag("consent_email", 1) };
/// status = bactrian_engine_identify(engine, &anna, BACTRIAN_NOW, traits, 1, NULL);
/// ```
bactrian_status bactrian_engine_identify(const struct bactrian_engine *engine,
                                         const struct bactrian_id *customer,
                                         int64_t at,
                                         const struct bactrian_field *traits,
                                         size_t traits_length,
                                         struct bactrian_report **report);

/// Takes traits from an Arrow stream: the customer, a column for each trait, and `at`, by default the
/// engine's clock. `roles` and `report` may be NULL. The stream is released in every case.
///
/// Errors: as `bactrian_engine_observe_arrow`.
bactrian_status bactrian_engine_identify_arrow(const struct bactrian_engine *engine,
                                               struct ArrowArrayStream *stream,
                                               const struct bactrian_roles *roles,
                                               struct bactrian_report **report);

/// Takes traits from plain columns of `rows` elements each, as `bactrian_engine_identify_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
bactrian_status bactrian_engine_identify_columns(const struct bactrian_engine *engine,
                                                 const struct bactrian_column *columns,
                                                 size_t columns_length,
                                                 size_t rows,
                                                 const struct bactrian_roles *roles,
                                                 struct bactrian_report **report);

/// Adds `weight` to the tie of a `layer` from one customer to another, at `at` (`BACTRIAN_NOW`: the engine's clock); NaN
/// removes the tie. `report` may be NULL.
///
/// Errors: `UNKNOWN_WORD` for a layer that the definition does not have; `SCHEMA_RANGE` for an infinite weight or a time
/// out of range; `TIME_BEYOND_CEILING`; `READ_ONLY`, `CLOSED`, `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_relate(engine, "talk", &anna, &ben, BACTRIAN_NOW, 1.0, NULL);
/// ```
bactrian_status bactrian_engine_relate(const struct bactrian_engine *engine,
                                       const char *layer,
                                       const struct bactrian_id *customer,
                                       const struct bactrian_id *peer,
                                       int64_t at,
                                       double weight,
                                       struct bactrian_report **report);

/// Takes ties from an Arrow stream: customer, peer, layer (or `roles->kind`), weight (by default 1;
/// adds to the tie), and `at`, by default the engine's clock; where a flag `remove` is set the tie goes. `roles` and
/// `report` may be NULL. The stream is released in every case.
///
/// Errors: as `bactrian_engine_observe_arrow`.
bactrian_status bactrian_engine_relate_arrow(const struct bactrian_engine *engine,
                                             struct ArrowArrayStream *stream,
                                             const struct bactrian_roles *roles,
                                             struct bactrian_report **report);

/// Takes ties from plain columns of `rows` elements each, as `bactrian_engine_relate_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
bactrian_status bactrian_engine_relate_columns(const struct bactrian_engine *engine,
                                               const struct bactrian_column *columns,
                                               size_t columns_length,
                                               size_t rows,
                                               const struct bactrian_roles *roles,
                                               struct bactrian_report **report);

/// Takes one outcome of a decision: its kind, when it came (`BACTRIAN_NOW`: the engine's clock), and its
/// value in money, NaN if it has none. `report` may be NULL.
///
/// An outcome belongs to its decision within the action's window. Of one kind the latest stands, and of equal
/// times the later row: an earlier one, or the same again, is a duplicate, and the others correct it, also to having no
/// value. What comes after silence is an outcome too, where
/// `[decide]` has a `within`.
///
/// Errors: `ROW_REJECTED`, with the reason, for a decision that is not open, and for an outcome that the definition names
/// nowhere where its action goes by another one; `SCHEMA_RANGE`; `READ_ONLY`,
/// `CLOSED`, `STORE_IO`.
///
/// ```c
/// status = bactrian_engine_learn(engine, bactrian_decision_id(decision), "redeem", BACTRIAN_NOW, 4.0, NULL);
/// ```
bactrian_status bactrian_engine_learn(const struct bactrian_engine *engine,
                                      uint64_t decision,
                                      const char *outcome,
                                      int64_t at,
                                      double value,
                                      struct bactrian_report **report);

/// Takes outcomes from an Arrow stream: `decision` (the id), `outcome` (its kind; or `roles->kind`), `at` (by
/// default the engine's clock) and `value` in money. `roles` and `report` may be NULL. The stream is released
/// in every case.
///
/// Errors: as `bactrian_engine_observe_arrow`.
bactrian_status bactrian_engine_learn_arrow(const struct bactrian_engine *engine,
                                            struct ArrowArrayStream *stream,
                                            const struct bactrian_roles *roles,
                                            struct bactrian_report **report);

/// Takes outcomes from plain columns of `rows` elements each, as `bactrian_engine_learn_arrow` does.
///
/// Errors: as `bactrian_engine_observe_arrow`.
bactrian_status bactrian_engine_learn_columns(const struct bactrian_engine *engine,
                                              const struct bactrian_column *columns,
                                              size_t columns_length,
                                              size_t rows,
                                              const struct bactrian_roles *roles,
                                              struct bactrian_report **report);

/// Moves the clock to `at`, and finds the crossings that time alone has brought. `report` may be NULL.
///
/// Errors: `TIME_PAST` for a moment before the clock, `TIME_BEYOND_CEILING`, `READ_ONLY`, `CLOSED`,
/// `STORE_IO`.
bactrian_status bactrian_engine_advance_to(const struct bactrian_engine *engine,
                                           int64_t at,
                                           struct bactrian_report **report);

/// Learns the population: the fitted columns named, or all of them for NULL names, in dependency
/// order, from one snapshot at the engine's clock. Triggers nothing. `report` may be NULL.
///
/// A column that has too little to learn from is reported as skipped and keeps what it had.
///
/// Errors: `UNKNOWN_COLUMN` for a name that no fitted column has; `READ_ONLY`, `CLOSED`, `STORE_IO`.
bactrian_status bactrian_engine_fit(const struct bactrian_engine *engine,
                                    const char *const *columns,
                                    size_t columns_length,
                                    struct bactrian_fit_report **report);

/// The status of the last call of this thread that failed; `BACTRIAN_STATUS_OK` if none has.
///
/// A call that succeeds leaves it as it is.
bactrian_status bactrian_error_status(void);

/// What went wrong in the last call of this thread that failed, in one line: lower case, without a
/// full stop, with your words in backticks. Empty if none has. Valid until the thread's next failure.
///
/// ```c
/// if (bactrian_reader_prepare(engine, columns, 2, &reader) != BACTRIAN_STATUS_OK) {
///     const char *hint = bactrian_error_hint();
///     fprintf(stderr, "%s%s%s\n", bactrian_error_message(), hint ? ": " : "", hint ? hint : "");
/// }
/// ```
const char *bactrian_error_message(void);

/// What to do about it, such as "did you mean `clv`?"; NULL if nothing helps. Valid until the
/// thread's next failure.
const char *bactrian_error_hint(void);

/// How many findings stand behind the last error: all mistakes of a definition; 0 for other errors.
size_t bactrian_error_problem_count(void);

/// One finding of the last error, sorted by place; NULL from the end on. Valid until the thread's
/// next failure.
const struct bactrian_problem *bactrian_error_problem(size_t index);

/// Fits k-means: `length` rows of `columns` finite numbers each, row after row; k-means++, ten restarts. Free it.
///
/// Errors: `SCHEMA_RANGE` for a number that is not finite, with its row and column, and for no cluster;
/// `NOT_ENOUGH_DATA` for fewer rows than clusters.
///
/// ```c
/// bactrian_kmeans *kmeans = NULL;
/// status = bactrian_kmeans_fit(rows, n, 3, 5, 0, &kmeans);
/// ```
bactrian_status bactrian_kmeans_fit(const double *rows,
                                    size_t length,
                                    size_t columns,
                                    size_t clusters,
                                    uint64_t seed,
                                    struct bactrian_kmeans **kmeans);

/// The centres, one after the other; NULL for NULL. Valid as long as `kmeans`.
const double *bactrian_kmeans_centres(const struct bactrian_kmeans *kmeans);

/// The sum of squared distances of the rows to their centre; NaN for NULL.
double bactrian_kmeans_inertia(const struct bactrian_kmeans *kmeans);

/// The cluster of each row, into `labels`, which has room for `length` numbers.
///
/// Errors: `SCHEMA_RANGE` for another number of columns than the fit's, and for numbers that are not finite.
bactrian_status bactrian_kmeans_predict(const struct bactrian_kmeans *kmeans,
                                        const double *rows,
                                        size_t length,
                                        size_t columns,
                                        uint32_t *labels);

/// Gives centres back; NULL is fine.
void bactrian_kmeans_free(struct bactrian_kmeans *kmeans);

/// Fits a Gaussian mixture to rows as of `bactrian_kmeans_fit`, with diagonal covariances, or full ones where
/// `full` is not 0. Free it.
///
/// Errors: `SCHEMA_RANGE` for a number that is not finite, with its row and column, for no component, and for a
/// component that collapses; `NOT_ENOUGH_DATA` for fewer rows than components.
bactrian_status bactrian_mixture_fit(const double *rows,
                                     size_t length,
                                     size_t columns,
                                     size_t components,
                                     int32_t full,
                                     uint64_t seed,
                                     struct bactrian_mixture **mixture);

/// One weight a component; NULL for NULL. Valid as long as `mixture`.
const double *bactrian_mixture_weights(const struct bactrian_mixture *mixture);

/// The means, component after component; NULL for NULL. Valid as long as `mixture`.
const double *bactrian_mixture_means(const struct bactrian_mixture *mixture);

/// The variances of each component, or its covariances row after row; NULL for NULL. Valid as long as `mixture`.
const double *bactrian_mixture_covariances(const struct bactrian_mixture *mixture);

/// Schwarz's criterion, by which numbers of components are compared: the smallest wins; NaN for NULL.
double bactrian_mixture_bic(const struct bactrian_mixture *mixture);

/// The mean log-likelihood of a row at the last step, in nats; NaN for NULL.
double bactrian_mixture_lower_bound(const struct bactrian_mixture *mixture);

/// The likeliest component of each row, into `labels`, which has room for `length` numbers.
///
/// Errors: as those of `bactrian_kmeans_predict`.
bactrian_status bactrian_mixture_predict(const struct bactrian_mixture *mixture,
                                         const double *rows,
                                         size_t length,
                                         size_t columns,
                                         uint32_t *labels);

/// The probability of each component for each row, row after row, into `probabilities`, which has room for
/// `length` times the number of components.
///
/// Errors: as those of `bactrian_kmeans_predict`.
bactrian_status bactrian_mixture_probabilities(const struct bactrian_mixture *mixture,
                                               const double *rows,
                                               size_t length,
                                               size_t columns,
                                               double *probabilities);

/// Gives components back; NULL is fine.
void bactrian_mixture_free(struct bactrian_mixture *mixture);

/// The mean silhouette of labelled rows, of at most `sample` of them drawn by `seed`: near 1 they sit well in
/// their clusters, below 0 they do not.
///
/// Errors: `NOT_ENOUGH_DATA` for fewer than two clusters; `SCHEMA_RANGE` for numbers that are not finite.
bactrian_status bactrian_cluster_silhouette(const double *rows,
                                            size_t length,
                                            size_t columns,
                                            const uint32_t *labels,
                                            size_t sample,
                                            uint64_t seed,
                                            double *value);

/// Fits a model of purchases: `model` is `bg_nbd`, `mbg_nbd`, `pareto_nbd` or `bg_bb`. Free it.
///
/// A customer's history is `frequency` (repeat purchases), `recency` (time of the last one, 0 without) and
/// `age` (time observed), all from the first purchase and in one unit of time; of `bg_bb` times are whole
/// numbers of opportunities. `weights`, how many customers each row stands for, may be NULL.
///
/// Errors: `SCHEMA_RANGE` for another model and for histories that can't be, with the row; `NOT_ENOUGH_DATA`
/// where nobody bought again.
///
/// ```c
/// bactrian_clv *clv = NULL;
/// status = bactrian_clv_fit("bg_nbd", frequency, recency, age, NULL, n, &clv);
/// ```
bactrian_status bactrian_clv_fit(const char *model,
                                 const double *frequency,
                                 const double *recency,
                                 const double *age,
                                 const double *weights,
                                 size_t length,
                                 struct bactrian_clv **clv);

/// Fits what customers spend a purchase, `gamma_gamma`. Free it.
///
/// `mean` is the mean amount of a customer's `frequency` purchases, above 0; it is not read where
/// `frequency` is 0. `weights` may be NULL.
///
/// Errors: `SCHEMA_RANGE` for spend that can't be, with the row; `NOT_ENOUGH_DATA` for fewer than two buyers.
bactrian_status bactrian_clv_fit_spend(const double *frequency,
                                       const double *mean,
                                       const double *weights,
                                       size_t length,
                                       struct bactrian_clv **clv);

/// Fits how long contracts are renewed, `sbg`. Free it.
///
/// `due` counts the renewals that fell due for each customer, and `left` is 1 where the last of them failed,
/// else 0. `weights` may be NULL.
///
/// Errors: `SCHEMA_RANGE` for contracts that can't be, with the row; `NOT_ENOUGH_DATA` where nobody left or
/// nobody renewed.
bactrian_status bactrian_clv_fit_contract(const double *due,
                                          const uint8_t *left,
                                          const double *weights,
                                          size_t length,
                                          struct bactrian_clv **clv);

/// The model with known parameters: r, alpha, a, b of `bg_nbd` and `mbg_nbd`; r, alpha, s, beta of
/// `pareto_nbd`; alpha, beta, gamma, delta of `bg_bb`; p, q, gamma of `gamma_gamma`; alpha, beta of `sbg`.
/// Free it.
///
/// Errors: `SCHEMA_RANGE` for another model, another number of parameters, or one that is not above 0.
bactrian_status bactrian_clv_new(const char *model,
                                 const double *parameters,
                                 size_t length,
                                 struct bactrian_clv **clv);

/// One parameter, in the order of `bactrian_clv_new`; NaN beyond the last, and for NULL.
double bactrian_clv_parameter(const struct bactrian_clv *clv, size_t index);

/// The standard error of one parameter; NaN where the fit has none, without a fit, and for NULL.
double bactrian_clv_standard_error(const struct bactrian_clv *clv, size_t index);

/// The log-likelihood of the fit, in nats; NaN without one, and for NULL.
double bactrian_clv_log_likelihood(const struct bactrian_clv *clv);

/// 1 if the fit ended at a maximum, else 0.
int32_t bactrian_clv_converged(const struct bactrian_clv *clv);

/// P(alive at `age` + `after`) of each customer, into `alive`, which has room for `length` numbers.
///
/// Errors: `SCHEMA_RANGE` for histories that can't be, with the row, for a negative `after`, and for a model of
/// something else than purchases.
bactrian_status bactrian_clv_alive(const struct bactrian_clv *clv,
                                   double after,
                                   const double *frequency,
                                   const double *recency,
                                   const double *age,
                                   size_t length,
                                   double *alive);

/// Expected purchases of each customer within `horizon` after `age`, into `expected`, which has room for
/// `length` numbers.
///
/// Errors: as those of `bactrian_clv_alive`.
bactrian_status bactrian_clv_expected(const struct bactrian_clv *clv,
                                      double horizon,
                                      const double *frequency,
                                      const double *recency,
                                      const double *age,
                                      size_t length,
                                      double *expected);

/// P(exactly `count` purchases within `horizon` after `age`) of each customer, into `probability`, which has
/// room for `length` numbers.
///
/// Errors: as those of `bactrian_clv_alive`.
bactrian_status bactrian_clv_probability_of(const struct bactrian_clv *clv,
                                            uint32_t count,
                                            double horizon,
                                            const double *frequency,
                                            const double *recency,
                                            const double *age,
                                            size_t length,
                                            double *probability);

/// The value of each customer's purchases over `periods` periods of `period` units of time, purchases of a
/// period discounted by `discount` a period as of its end; `spend` is what a purchase of each customer is
/// worth. Into `value`, which has room for `length` numbers.
///
/// Errors: as those of `bactrian_clv_alive`, and `SCHEMA_RANGE` for a horizon that can't be.
bactrian_status bactrian_clv_value(const struct bactrian_clv *clv,
                                   uint32_t periods,
                                   double period,
                                   double discount,
                                   const double *frequency,
                                   const double *recency,
                                   const double *age,
                                   const double *spend,
                                   size_t length,
                                   double *value);

/// The expected spend a purchase of each customer, by `gamma_gamma`, into `spend`, which has room for
/// `length` numbers; of a customer with a `frequency` of 0 that of the population.
///
/// Errors: `SCHEMA_RANGE` for spend that can't be, with the row, and for another model.
bactrian_status bactrian_clv_spend(const struct bactrian_clv *clv,
                                   const double *frequency,
                                   const double *mean,
                                   size_t length,
                                   double *spend);

/// P(the next `renewals` are made) by one who made `renewed` so far, by `sbg`.
///
/// Errors: `SCHEMA_RANGE` for another model.
bactrian_status bactrian_clv_survival(const struct bactrian_clv *clv,
                                      double renewals,
                                      double renewed,
                                      double *survival);

/// The discounted number of renewals to come from one who made `renewed`, just before the next falls due, by
/// `sbg`; NaN unless `discount` a period is above 0.
///
/// Errors: `SCHEMA_RANGE` for another model.
bactrian_status bactrian_clv_residual(const struct bactrian_clv *clv,
                                      double discount,
                                      double renewed,
                                      double *residual);

/// Gives a model back; NULL is fine.
void bactrian_clv_free(struct bactrian_clv *clv);

/// Hartigan's dip of numbers and its p-value against one mode; NaN takes no part.
///
/// Errors: `SCHEMA_RANGE` for an infinite number.
bactrian_status bactrian_humps_dip(const double *numbers, size_t length, double *dip, double *p);

/// Whether numbers have two humps, by the dip test at 5% and by BIC of two Gaussian components: an effect
/// needs both, and where they disagree nobody can tell. Free it.
///
/// Errors: `SCHEMA_RANGE` for an infinite number.
///
/// ```c
/// bactrian_humps *humps = NULL;
/// status = bactrian_humps_test(prices, n, &humps);
/// ```
bactrian_status bactrian_humps_test(const double *numbers, size_t length, struct bactrian_humps **humps);

/// The verdict, whose value is the dip and whose reason has the figures of both tests; NULL for NULL. Valid as
/// long as `humps`.
const struct bactrian_verdict *bactrian_humps_verdict(const struct bactrian_humps *humps);

/// The p-value of the dip test; NaN for NULL.
double bactrian_humps_p(const struct bactrian_humps *humps);

/// Gives an answer back; NULL is fine.
void bactrian_humps_free(struct bactrian_humps *humps);

/// Fits the model of a category's penetration and frequency (purchases per buyer) in a period, and of its
/// brands' shares of purchases and penetrations. Free it.
///
/// Errors: `SCHEMA_RANGE` for shares that sum to more than 1 and other figures that can't be;
/// `NOT_ENOUGH_DATA` where they determine no model.
bactrian_status bactrian_dirichlet_fit(double penetration,
                                       double frequency,
                                       const double *shares,
                                       const double *penetrations,
                                       size_t brands,
                                       struct bactrian_dirichlet **dirichlet);

/// The model with known parameters: `m` purchases of the category per person, their exponent `k`, the sum `s`
/// of the Dirichlet's parameters, the brands' shares of purchases. Free it.
///
/// Errors: `SCHEMA_RANGE` for parameters that can't be.
bactrian_status bactrian_dirichlet_new(double m,
                                       double k,
                                       double s,
                                       const double *shares,
                                       size_t brands,
                                       struct bactrian_dirichlet **dirichlet);

/// M, K and S, for `index` 0, 1 and 2; NaN beyond, and for NULL.
double bactrian_dirichlet_parameter(const struct bactrian_dirichlet *dirichlet, size_t index);

/// The share of people who buy the category; NaN for NULL.
double bactrian_dirichlet_penetration(const struct bactrian_dirichlet *dirichlet);

/// P(exactly `purchases` of the category); NaN for NULL.
double bactrian_dirichlet_probability_of(const struct bactrian_dirichlet *dirichlet, uint32_t purchases);

/// What the model says of a brand, into `forecast`, which has room for 5 numbers: penetration, purchases per
/// buyer, purchases of the category per buyer of the brand, share of requirements, share of sole buyers.
///
/// Errors: `SCHEMA_RANGE` for a brand that is none.
bactrian_status bactrian_dirichlet_brand(const struct bactrian_dirichlet *dirichlet,
                                         size_t brand,
                                         double *forecast);

/// A customer's share of each brand given the purchases so far, one count a brand, and those `elsewhere`; into
/// `shares`, which has room for `brands` numbers.
///
/// Errors: `SCHEMA_RANGE` for another number of brands than the model's, and for counts that can't be.
bactrian_status bactrian_dirichlet_shares(const struct bactrian_dirichlet *dirichlet,
                                          const double *purchases,
                                          size_t brands,
                                          double elsewhere,
                                          double *shares);

/// What a customer who bought `brand` `own` times buys in all, rivals unseen: the expected purchases of the
/// category, and the brand's expected share.
///
/// Errors: `SCHEMA_RANGE` for a brand that is none.
bactrian_status bactrian_dirichlet_wallet(const struct bactrian_dirichlet *dirichlet,
                                          size_t brand,
                                          uint32_t own,
                                          double *total,
                                          double *share);

/// Gives a model back; NULL is fine.
void bactrian_dirichlet_free(struct bactrian_dirichlet *dirichlet);

/// The share of requirements of each brand, of purchases of one customer and one brand each (brands are
/// numbered from 0); into `shares`, which has room for `brands` numbers. NaN of a brand without buyers.
///
/// Errors: `SCHEMA_RANGE` for a brand from `brands` on; `NOT_ENOUGH_DATA` without a purchase.
bactrian_status bactrian_loyalty_share_of_requirements(const uint64_t *customer,
                                                       const uint32_t *brand,
                                                       size_t length,
                                                       size_t brands,
                                                       double *shares);

/// D of the law of duplication, of purchases as for `bactrian_loyalty_share_of_requirements`; into `shared`,
/// which has room for `brands` times `brands` numbers, the share of each row's buyers who bought the column too.
///
/// Errors: as those of `bactrian_loyalty_share_of_requirements`.
bactrian_status bactrian_loyalty_duplication(const uint64_t *customer,
                                             const uint32_t *brand,
                                             size_t length,
                                             size_t brands,
                                             double *d,
                                             double *shared);

/// Spearman's correlation of loyalty and profit over customers, and its interval at 95%, into `found`, which
/// has room for 3 numbers; and into `groups`, with room for 4, how many customers are strangers (neither above
/// its median), butterflies (profitable alone), barnacles (loyal alone) and true friends. NaN where there is no
/// telling.
bactrian_status bactrian_loyalty_profit(const double *loyalty,
                                        const double *profit,
                                        size_t length,
                                        double *found,
                                        uint64_t *groups);

/// Makes histories of transactions, one line each in any order: repeat purchases, the time of the last one and the
/// time observed, in units of `period` microseconds since the first purchase. Free it.
///
/// `amount` and `occasion` may be NULL: without them spend is unknown, and lines of one instant are one purchase.
/// The observation ends at `until`; `BACTRIAN_NOW` is the last line. With `calibration_until` before that the
/// histories end there, and what follows is the holdout; `BACTRIAN_NOW` is none.
///
/// Errors: `SCHEMA_RANGE` for an amount that is not finite, a period of 0 or less, and a calibration that ends after
/// the observation.
///
/// ```c
/// bactrian_summary *summary = NULL;
/// status = bactrian_summary_new(customer, at, NULL, NULL, n, week, BACTRIAN_NOW, BACTRIAN_NOW, &summary);
/// const double *frequency = bactrian_summary_column(summary, "frequency");
/// ```
bactrian_status bactrian_summary_new(const uint64_t *customer,
                                     const int64_t *at,
                                     const double *amount,
                                     const uint64_t *occasion,
                                     size_t length,
                                     int64_t period,
                                     int64_t until,
                                     int64_t calibration_until,
                                     struct bactrian_summary **summary);

/// The number of customers; 0 for NULL.
size_t bactrian_summary_length(const struct bactrian_summary *summary);

/// The customers, rising; NULL for NULL. Valid as long as `summary`.
const uint64_t *bactrian_summary_customers(const struct bactrian_summary *summary);

/// A column: `frequency`, `recency`, `age`, `spend` (the mean of repeat purchases), `log_gaps` (the sum of the
/// logarithms of the gaps), `holdout_frequency`, `holdout_spend`. NULL for another name, for a holdout that is not
/// there, and for NULL. Valid as long as `summary`.
const double *bactrian_summary_column(const struct bactrian_summary *summary,
                                      const char *name);

/// Gives histories back; NULL is fine.
void bactrian_summary_free(struct bactrian_summary *summary);

/// Prepares `columns_length` columns to be read again and again.
///
/// Errors: `UNKNOWN_COLUMN`, with the nearest name as a hint.
///
/// ```c
/// const char *columns[] = { "spend", "warmth" };
/// bactrian_reader *reader = NULL;
/// status = bactrian_reader_prepare(engine, columns, 2, &reader);
/// ```
bactrian_status bactrian_reader_prepare(const struct bactrian_engine *engine,
                                        const char *const *columns,
                                        size_t columns_length,
                                        struct bactrian_reader **reader);

/// How many columns the reader has, which is how many values `bactrian_reader_read` writes; 0 for NULL.
size_t bactrian_reader_columns(const struct bactrian_reader *reader);

/// What each value is, in order, into `types`, which has room for as many as the reader has columns:
/// `BACTRIAN_TYPE_NUMBER`, `_FLAG`, `_TIME`, or `_TEXT` for a name that `bactrian_engine_key_text` gives.
///
/// Errors: `CLOSED`.
bactrian_status bactrian_reader_types(const struct bactrian_reader *reader, uint32_t *types);

/// Reads the columns of one customer, toward `peer` unless it is NULL, as they are at `at`
/// (`BACTRIAN_NOW`: the engine's clock) into `values`, which has room for as many as the reader has
/// columns. Flags are 0 and 1, moments microseconds since 1970 UTC, names a number for
/// `bactrian_engine_key_text`; unknown is NaN. Allocates nothing.
///
/// Errors: `UNKNOWN_CUSTOMER`; `TIME_PAST` for a moment before the engine's clock; `CLOSED`.
///
/// ```c
/// double values[2];
/// status = bactrian_reader_read(reader, &anna, &ben, BACTRIAN_NOW, values);
/// ```
bactrian_status bactrian_reader_read(const struct bactrian_reader *reader,
                                     const struct bactrian_id *customer,
                                     const struct bactrian_id *peer,
                                     int64_t at,
                                     double *values);

/// Reads the columns of many customers, row after row: `values` has room for `customers_length`
/// times as many as the reader has columns. What was written before an error is undefined.
///
/// Errors: as `bactrian_reader_read`, for the first customer with one.
bactrian_status bactrian_reader_read_rows(const struct bactrian_reader *reader,
                                          const struct bactrian_id *customers,
                                          size_t customers_length,
                                          const struct bactrian_id *peer,
                                          int64_t at,
                                          double *values);

/// Gives a reader back; NULL is fine.
void bactrian_reader_free(struct bactrian_reader *reader);

/// Identifies the decision, and joins it with what comes of it; 0 for NULL.
uint64_t bactrian_decision_id(const struct bactrian_decision *decision);

/// How many actions were chosen: as many as were asked for, at most one of a group; 0 for NULL.
size_t bactrian_decision_choice_count(const struct bactrian_decision *decision);

/// A chosen action, the best first; NULL from the end on. Valid as long as the decision.
const struct bactrian_choice *bactrian_decision_choice(const struct bactrian_decision *decision,
                                                       size_t index);

/// The action that was chosen and, in the control arm, is not to be sent; NULL otherwise. Valid as long as the
/// decision.
const char *bactrian_decision_withheld(const struct bactrian_decision *decision);

/// The arm as which the chosen action is sent; NULL where it has none. Valid as long as the decision.
const char *bactrian_decision_arm(const struct bactrian_decision *decision);

/// The chosen action, by its name in the definition; NULL is silence. Valid as long as the decision.
const char *bactrian_decision_action(const struct bactrian_decision *decision);

/// Why, in one sentence; NULL for NULL. Valid as long as the decision.
const char *bactrian_decision_why(const struct bactrian_decision *decision);

/// P(chosen), in (0, 1]: the number that evaluation needs. NaN for NULL.
double bactrian_decision_propensity(const struct bactrian_decision *decision);

/// Priority of the chosen action in money; the price of attention where silence won. NaN for NULL.
double bactrian_decision_priority(const struct bactrian_decision *decision);

/// How many factors made the priority (response, weight, value, lever, cost); 0 for silence and NULL.
size_t bactrian_decision_factor_count(const struct bactrian_decision *decision);

/// One factor; NULL from the end on. Valid as long as the decision.
const struct bactrian_factor *bactrian_decision_factor(const struct bactrian_decision *decision,
                                                       size_t index);

/// How many actions lost; 0 for NULL.
size_t bactrian_decision_loser_count(const struct bactrian_decision *decision);

/// One action that lost, in the order of the definition; NULL from the end on. Valid as long as the
/// decision.
const struct bactrian_loser *bactrian_decision_loser(const struct bactrian_decision *decision, size_t index);

/// How many values were read for one action that lost; 0 from the end on.
size_t bactrian_decision_loser_read_count(const struct bactrian_decision *decision, size_t index);

/// One value that was read for an action that lost; NULL from the end on. Valid as long as the decision.
const struct bactrian_factor *bactrian_decision_loser_read(const struct bactrian_decision *decision,
                                                           size_t index,
                                                           size_t value);

/// The smallest change of one value that was read that makes another action, or silence, win; NULL where no single
/// change does. Valid as long as the decision. Cost of the first call: about a hundred decisions for each value read.
const struct bactrian_flip *bactrian_decision_flip(const struct bactrian_decision *decision);

/// Gives a decision back; NULL is fine. Those of a report go with it and are not freed.
void bactrian_decision_free(struct bactrian_decision *decision);

/// The value that is explained; NaN is unknown, and NaN for NULL.
double bactrian_explanation_value(const struct bactrian_explanation *explanation);

/// The moment of the read, in microseconds since 1970 UTC; 0 for NULL.
int64_t bactrian_explanation_moment(const struct bactrian_explanation *explanation);

/// How many parts, which sum to the value; 0 for NULL.
size_t bactrian_explanation_part_count(const struct bactrian_explanation *explanation);

/// One part; NULL from the end on. Valid as long as the explanation.
const struct bactrian_figure *bactrian_explanation_part(const struct bactrian_explanation *explanation,
                                                        size_t index);

/// How many figures stand behind the value, such as the count of evidence; 0 for NULL.
size_t bactrian_explanation_evidence_count(const struct bactrian_explanation *explanation);

/// One figure behind the value, not part of the sum; NULL from the end on. Valid as long as the
/// explanation.
const struct bactrian_figure *bactrian_explanation_evidence(const struct bactrian_explanation *explanation,
                                                            size_t index);

/// Gives an explanation back; NULL is fine.
void bactrian_explanation_free(struct bactrian_explanation *explanation);

/// The engine's clock at the fit, in microseconds since 1970 UTC; 0 for NULL.
int64_t bactrian_fit_report_moment(const struct bactrian_fit_report *report);

/// Customers whose cell moved because the edges did; 0 for NULL.
uint64_t bactrian_fit_report_moved(const struct bactrian_fit_report *report);

/// How many columns were fitted or skipped; 0 for NULL.
size_t bactrian_fit_report_column_count(const struct bactrian_fit_report *report);

/// One column, in dependency order; NULL from the end on. Valid as long as the report.
const struct bactrian_fitted_column *bactrian_fit_report_column(const struct bactrian_fit_report *report,
                                                                size_t column);

/// How many figures the fit of a column gave; 0 from the end on.
size_t bactrian_fit_report_figure_count(const struct bactrian_fit_report *report, size_t column);

/// One figure of a column's fit; NULL from the end on. Valid as long as the report.
const struct bactrian_figure *bactrian_fit_report_figure(const struct bactrian_fit_report *report,
                                                         size_t column,
                                                         size_t index);

/// How many verdicts the fit of a column gave; 0 from the end on.
size_t bactrian_fit_report_verdict_count(const struct bactrian_fit_report *report, size_t column);

/// One verdict of a column's fit; NULL from the end on. Valid as long as the report.
const struct bactrian_verdict *bactrian_fit_report_verdict(const struct bactrian_fit_report *report,
                                                           size_t column,
                                                           size_t index);

/// How many notes the fit of a column left; 0 from the end on.
size_t bactrian_fit_report_note_count(const struct bactrian_fit_report *report, size_t column);

/// One note of a column's fit: the name for people of a topic, by its id. NULL from the end on. Valid as long as the
/// report.
const struct bactrian_factor *bactrian_fit_report_note(const struct bactrian_fit_report *report,
                                                       size_t column,
                                                       size_t index);

/// Gives a report back; NULL is fine.
void bactrian_fit_report_free(struct bactrian_fit_report *report);

/// How many ids; 0 for NULL.
size_t bactrian_ids_count(const struct bactrian_ids *ids);

/// One id; NULL from the end on. Its text ends with a NUL. Valid as long as `ids`.
const struct bactrian_id *bactrian_ids_at(const struct bactrian_ids *ids, size_t index);

/// Gives ids back; NULL is fine.
void bactrian_ids_free(struct bactrian_ids *ids);

/// How many columns; 0 for NULL.
size_t bactrian_column_list_count(const struct bactrian_column_list *columns);

/// One column; NULL from the end on. Valid as long as `columns`.
const struct bactrian_column_info *bactrian_column_list_at(const struct bactrian_column_list *columns,
                                                           size_t index);

/// Gives columns back; NULL is fine.
void bactrian_column_list_free(struct bactrian_column_list *columns);

/// How many parts; 0 for NULL.
size_t bactrian_memory_parts_count(const struct bactrian_memory_parts *parts);

/// One part; NULL from the end on. Valid as long as `parts`.
const struct bactrian_memory_part *bactrian_memory_parts_at(const struct bactrian_memory_parts *parts,
                                                            size_t index);

/// Gives parts back; NULL is fine.
void bactrian_memory_parts_free(struct bactrian_memory_parts *parts);

/// What was recorded; NULL for NULL. Valid as long as the recorded decision.
const struct bactrian_recorded_info *bactrian_recorded_decision_figures(const struct bactrian_recorded_decision *recorded);

/// How many actions the definition of its time had; 0 for NULL.
size_t bactrian_recorded_decision_action_count(const struct bactrian_recorded_decision *recorded);

/// One of them, in the order of that definition; NULL from the end on. Valid as long as the recorded decision.
const struct bactrian_recorded_action *bactrian_recorded_decision_action(const struct bactrian_recorded_decision *recorded,
                                                                         size_t index);

/// Gives a recorded decision back; NULL is fine.
void bactrian_recorded_decision_free(struct bactrian_recorded_decision *recorded);

/// How many columns were not there before; 0 for NULL.
size_t bactrian_redefine_report_added_count(const struct bactrian_redefine_report *report);

/// The name of a column that was not there before; NULL from the end on. Valid as long as the report.
const char *bactrian_redefine_report_added(const struct bactrian_redefine_report *report, size_t index);

/// How many columns are gone; 0 for NULL.
size_t bactrian_redefine_report_removed_count(const struct bactrian_redefine_report *report);

/// The name of a column that is gone; NULL from the end on. Valid as long as the report.
const char *bactrian_redefine_report_removed(const struct bactrian_redefine_report *report, size_t index);

/// How many fitted columns and axes are unknown until the next fit, since their declaration changed; 0 for
/// NULL.
size_t bactrian_redefine_report_unfitted_count(const struct bactrian_redefine_report *report);

/// The name of a column or axis that is unknown until the next fit; NULL from the end on. Valid as long as
/// the report.
const char *bactrian_redefine_report_unfitted(const struct bactrian_redefine_report *report, size_t index);

/// How many columns know only the records that `[time] keep` has left in the journal: those added or changed, and
/// what reads them; 0 for NULL.
size_t bactrian_redefine_report_begun_count(const struct bactrian_redefine_report *report);

/// The name of such a column; NULL from the end on. Valid as long as the report.
const char *bactrian_redefine_report_begun(const struct bactrian_redefine_report *report, size_t index);

/// The engine's clock from which on those columns know every record; `BACTRIAN_NOW` without such columns, and for
/// NULL.
int64_t bactrian_redefine_report_since(const struct bactrian_redefine_report *report);

/// How many declared words are gone of which the journal holds records; 0 for NULL.
size_t bactrian_redefine_report_unread_count(const struct bactrian_redefine_report *report);

/// Such a word with the number of its records; NULL from the end on. Valid as long as the report.
const struct bactrian_unread *bactrian_redefine_report_unread(const struct bactrian_redefine_report *report,
                                                              size_t index);

/// Customers whose cell in some segment moved, which triggers nothing; 0 for NULL.
uint64_t bactrian_redefine_report_moved(const struct bactrian_redefine_report *report);

/// Gives a report back; NULL is fine.
void bactrian_redefine_report_free(struct bactrian_redefine_report *report);

/// Rows taken; 0 for NULL.
uint64_t bactrian_report_accepted(const struct bactrian_report *report);

/// Rows whose event id was seen before, which change nothing; 0 for NULL.
uint64_t bactrian_report_duplicates(const struct bactrian_report *report);

/// Rows taken that came later than the declared lateness; 0 for NULL.
uint64_t bactrian_report_late(const struct bactrian_report *report);

/// How many rows were refused; 0 for NULL.
size_t bactrian_report_reject_count(const struct bactrian_report *report);

/// One row that was refused; NULL from the end on. Valid as long as the report.
const struct bactrian_reject *bactrian_report_reject(const struct bactrian_report *report, size_t index);

/// How many crossings of segments the rows caused; 0 for NULL.
size_t bactrian_report_crossing_count(const struct bactrian_report *report);

/// One crossing, in order; NULL from the end on. Valid as long as the report.
const struct bactrian_crossing *bactrian_report_crossing(const struct bactrian_report *report, size_t index);

/// How many decisions the crossings asked for; 0 for NULL.
size_t bactrian_report_decision_count(const struct bactrian_report *report);

/// One decision, in order; NULL from the end on. Valid as long as the report.
const struct bactrian_taken_decision *bactrian_report_decision(const struct bactrian_report *report,
                                                               size_t index);

/// Gives a report back; NULL is fine.
void bactrian_report_free(struct bactrian_report *report);

/// The words for a status, such as `unknown column`; `unknown status` for a number that is none.
/// The text is static.
const char *bactrian_status_text(uint32_t status);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/// An id from a text that ends with NUL.
static inline bactrian_id bactrian_id_text(const char *text) {
    bactrian_id id = {NULL, 0, 0};
    id.text = text;
    id.length = text ? strlen(text) : 0;
    return id;
}

/// An id from `length` bytes of UTF-8.
static inline bactrian_id bactrian_id_bytes(const char *text, size_t length) {
    bactrian_id id = {NULL, 0, 0};
    id.text = text;
    id.length = length;
    return id;
}

/// An id from a number.
static inline bactrian_id bactrian_id_number(uint64_t number) {
    bactrian_id id = {NULL, 0, 0};
    id.number = number;
    return id;
}

/// A field that holds a number.
static inline bactrian_field bactrian_field_number(const char *name, double number) {
    bactrian_field field;
    memset(&field, 0, sizeof field);
    field.name = name;
    field.type = BACTRIAN_TYPE_NUMBER;
    field.value.number = number;
    return field;
}

/// A field that holds a flag.
static inline bactrian_field bactrian_field_flag(const char *name, int flag) {
    bactrian_field field;
    memset(&field, 0, sizeof field);
    field.name = name;
    field.type = BACTRIAN_TYPE_FLAG;
    field.value.flag = flag != 0;
    return field;
}

/// A field that holds a moment.
static inline bactrian_field bactrian_field_time(const char *name, int64_t time) {
    bactrian_field field;
    memset(&field, 0, sizeof field);
    field.name = name;
    field.type = BACTRIAN_TYPE_TIME;
    field.value.time = time;
    return field;
}

/// A field that holds a text that ends with NUL; unknown for NULL.
static inline bactrian_field bactrian_field_text(const char *name, const char *text) {
    bactrian_field field;
    memset(&field, 0, sizeof field);
    field.name = name;
    field.type = text ? BACTRIAN_TYPE_TEXT : BACTRIAN_TYPE_NULL;
    field.value.text.data = text;
    field.value.text.length = text ? strlen(text) : 0;
    return field;
}

/// Defaults of `bactrian_options`: seed 0, no ceiling, for writing, a commit for each call.
#define BACTRIAN_OPTIONS_INIT {sizeof(bactrian_options), 0, INT64_MAX, 0, 0, NULL, NULL, NULL}

/// An empty `bactrian_event`.
#define BACTRIAN_EVENT_INIT {sizeof(bactrian_event), NULL, NULL, NULL, 0, NULL, 0}

/// Empty `bactrian_roles`.
#define BACTRIAN_ROLES_INIT {sizeof(bactrian_roles), NULL, NULL, NULL, 0}

/// Defaults of `bactrian_ask`: toward nobody, at the engine's clock, recorded, one action, without a context.
#define BACTRIAN_ASK_INIT {sizeof(bactrian_ask), NULL, BACTRIAN_NOW, 0, 0, NULL, 0}

/// Defaults of `bactrian_seed_ask`: no limits yet, the only layer, independent cascade by shares.
#define BACTRIAN_SEED_ASK_INIT {sizeof(bactrian_seed_ask), 0, NAN, NULL, NULL, NULL, NULL, 0, NULL, 0, 0, 0, NAN, 0.05, 0.001}

/// Defaults of `bactrian_means`: no limits.
#define BACTRIAN_MEANS_INIT {sizeof(bactrian_means), NAN, NULL, NULL, 0, NULL, NULL, 0}

/// Room for `bactrian_stats`.
#define BACTRIAN_STATS_INIT {sizeof(bactrian_stats), 0, 0, 0, 0, 0, 0}

#endif /* BACTRIAN_H */
