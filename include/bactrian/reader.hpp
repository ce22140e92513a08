// Columns prepared once. Part of bactrian.hpp.
#ifndef BACTRIAN_READER_HPP
#define BACTRIAN_READER_HPP

#include <cstdint>
#include <optional>
#include <vector>

#include "value.hpp"

namespace bactrian {

// Columns prepared once and read many times, from any thread. It keeps the engine alive.
class Reader {
public:
    // How many columns, and so how many values a read writes.
    std::size_t size() const noexcept { return bactrian_reader_columns(handle_.get()); }
    // What each value is: number, flag, time, or text for Engine::key_text.
    std::vector<bactrian_type> types() const {
        std::vector<std::uint32_t> found(size());
        detail::check(bactrian_reader_types(handle_.get(), found.data()));
        std::vector<bactrian_type> types;
        for (const std::uint32_t type : found) types.push_back(static_cast<bactrian_type>(type));
        return types;
    }
    // Reads into `values`, which has room for size() of them; unknown is NaN.
    void read(const Id &customer, const std::optional<Id> &peer, Moment at, double *values) const {
        detail::check(bactrian_reader_read(handle_.get(), customer.get(), detail::get(peer), at, values));
    }
    std::vector<double> read(const Id &customer, const std::optional<Id> &peer = {}, Moment at = now) const {
        std::vector<double> values(size());
        read(customer, peer, at, values.data());
        return values;
    }

private:
    friend class Engine;
    template <class Call>
    explicit Reader(Call call) : handle_(detail::made<bactrian_reader, bactrian_reader_free>(call)) {}

    detail::Handle<bactrian_reader, bactrian_reader_free> handle_;
};

}  // namespace bactrian

#endif  // BACTRIAN_READER_HPP
