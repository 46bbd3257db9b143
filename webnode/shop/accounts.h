// Accounts and addresses, in the database's primary.
#pragma once

#include <optional>
#include <string>

#include "webnode/shop/session.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

struct Registration {
  std::string email, password, name;
};
// kConflict ("email_taken"), kLimit ("busy"), kDenied ("too_many_attempts", 429).
rt::Task<Result<User>> register_account(Shop& shop, Registration wanted, std::string client,
                                        Nanos until);

// kDenied ("bad_credentials"), whether or not the account exists and after the same time;
// kDenied ("too_many_attempts", 429).
rt::Task<Result<User>> check_login(Shop& shop, std::string email, std::string password,
                                   std::string client, Nanos until);

struct Address {
  std::string recipient, street, city, postcode, country;
};
rt::Task<Status> store_address(Shop& shop, std::string account, Address address, Nanos until);
// The address is at least as new as the position `since` (Db::browse_since).
rt::Task<Result<std::optional<Address>>> load_address(Shop& shop, std::string account,
                                                      uint64_t since, Nanos until);
// For batches that read the address along with other rows: the statement and its first row.
Statement address_statement(const std::string& account);
std::optional<Address> read_address(const Rows& rows);

}  // namespace multiaz::webnode
