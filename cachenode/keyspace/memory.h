// The real cost of an allocation, for memory accounting and the maxmemory bound.
#pragma once

#include <cstddef>
#include <string>

namespace multiaz::cachenode {

// Bytes that glibc's malloc (64-bit) takes from the heap for a request of `asked` bytes.
constexpr size_t heap_bytes(size_t asked) {
  const size_t rounded = (asked + 8 + 15) & ~size_t{15};
  return rounded < 32 ? 32 : rounded;
}

// Heap bytes of a string; 0 while it fits into the object itself.
inline size_t heap_bytes(const std::string& text) {
  constexpr size_t kInsideBytes = 15;
  return text.capacity() > kInsideBytes ? heap_bytes(text.capacity() + 1) : 0;
}

}  // namespace multiaz::cachenode
