// Domain names between wire and text; used by the DNS codec only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/wire/bytes.h"

namespace multiaz::wire::dns {

// Reads a name at the reader's place. Pointers may only lead backwards, to before the place where
// the name began, and each further back than the last, so every chain ends. On a mistake `in`
// fails.
std::string read_name(std::string_view message, ByteReader& in);

// The labels of a name in text form, unescaped. False when a label is empty or longer than 63
// bytes, when the name is longer than 255, or when an escape is broken. "" is the root and has no
// labels.
bool split_labels(std::string_view name, std::vector<std::string>& labels);

// Writes names into one message and points back to names that are already there in the same
// spelling, so that a name never comes back in another case than it was given.
class NameWriter {
 public:
  // Appends the name to the message. False: the name cannot be written; nothing is appended.
  bool write(std::string_view name, std::string& message);
  // Forgets names at and behind this offset, for records that were taken back.
  void forget_from(size_t offset);

 private:
  std::map<std::string, uint16_t> seen_;  // suffix in wire form -> offset
};

}  // namespace multiaz::wire::dns
