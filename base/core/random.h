// Seeded random numbers (SplitMix64, Steele et al. 2014) for generators and simulations, and the
// operating system's random bytes for secrets.
#pragma once

#include <cstdint>
#include <string>

namespace multiaz {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Uniform in [0, bound). REQUIRES: bound > 0.
  uint64_t below(uint64_t bound) { return next() % bound; }
  // Uniform in [low, high], both included.
  uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }
  // True with the given probability in per cent.
  bool percent(unsigned chance) { return below(100) < chance; }

 private:
  uint64_t state_;
};

// `bytes` random bytes from the kernel, as lower-case hex (twice as many digits).
std::string secret_hex(size_t bytes);
uint64_t secret_u64();

}  // namespace multiaz
