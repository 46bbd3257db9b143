#include "webnode/shop/accounts.h"

#include "base/core/random.h"
#include "webnode/shop/refusal.h"

namespace multiaz::webnode {

namespace {

struct StoredAccount {
  User user;
  std::string password;
};

rt::Task<Result<std::optional<StoredAccount>>> find_account(Shop& shop, std::string email,
                                                            Nanos until) {
  Batch batch;
  batch.push_back(
      Statement("SELECT id, name, password FROM accounts WHERE email = $1", {Param(email)}));
  const Result<RowSets> sets = co_await shop.db.run(std::move(batch), until);
  if (!sets) co_return Error(Code::kUnavailable, sets.error().detail);
  const Rows& rows = sets->front();
  if (rows.empty()) co_return std::optional<StoredAccount>();
  StoredAccount found;
  found.user.account = rows.text(0, 0);
  found.user.email = std::move(email);
  found.user.name = rows.text(0, 1);
  found.password = rows.text(0, 2);
  co_return std::optional<StoredAccount>(std::move(found));
}

Error email_taken() {
  return refuse(Code::kConflict, "email_taken", "There is an account with this address.", "email");
}

}  // namespace

rt::Task<Result<User>> register_account(Shop& shop, Registration wanted, std::string client,
                                        Nanos until) {
  if (!shop.registrations.admit(client, monotonic_now())) {
    co_return refuse(Code::kDenied, "too_many_attempts",
                     "Too many accounts are being made. Try again in a moment.");
  }
  const auto existing = co_await find_account(shop, wanted.email, until);
  if (!existing) co_return existing.error();
  if (existing->has_value()) co_return email_taken();
  const Result<std::string> hashed = co_await shop.passwords.hash(std::move(wanted.password));
  if (!hashed) co_return hashed.error();

  // The random id distinguishes our own row from that of a faster registration, also when this is
  // sent twice.
  const std::string id = secret_hex(8);
  Batch batch;
  batch.push_back(Statement(
      "INSERT INTO accounts (id, email, name, password, created_ms) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (email) DO NOTHING",
      {Param(id), Param(wanted.email), Param(wanted.name), Param(*hashed), Param(wall_now_ms())}));
  batch.push_back(Statement("SELECT id FROM accounts WHERE email = $1", {Param(wanted.email)}));
  const Result<RowSets> sets = co_await shop.db.transaction(std::move(batch), until);
  // A second attempt finds the first one's row by its id, too.
  if (!sets && sets.error().code != Code::kConflict) co_return sets.error();
  if (sets && (*sets)[1].text(0, 0) != id) co_return email_taken();
  if (!sets) {
    const auto again = co_await find_account(shop, wanted.email, until);
    if (!again) co_return in_doubt(again.error());
    if (!again->has_value() || (*again)->user.account != id) co_return email_taken();
  }
  User user;
  user.account = id;
  user.email = std::move(wanted.email);
  user.name = std::move(wanted.name);
  co_return user;
}

rt::Task<Result<User>> check_login(Shop& shop, std::string email, std::string password,
                                   std::string client, Nanos until) {
  const bool admitted = co_await shop.logins.admit(email, client);
  if (!admitted) {
    co_return refuse(Code::kDenied, "too_many_attempts", "Too many attempts. Wait a minute.");
  }
  const auto found = co_await find_account(shop, email, until);
  if (!found) co_return found.error();
  const std::string stored = *found ? (*found)->password : Passwords::kNobody;
  const Result<bool> same = co_await shop.passwords.verify(stored, std::move(password));
  if (!same) co_return same.error();
  if (*found && *same) {
    co_await shop.logins.succeeded(std::move(email), std::move(client));
    co_return (*found)->user;
  }
  co_return refuse(Code::kDenied, "bad_credentials", "The e-mail address or password is wrong.");
}

rt::Task<Status> store_address(Shop& shop, std::string account, Address address, Nanos until) {
  Batch batch;
  batch.push_back(
      Statement("INSERT INTO addresses (account, recipient, street, city, postcode, country) "
                "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account) DO UPDATE SET "
                "recipient = excluded.recipient, street = excluded.street, city = excluded.city, "
                "postcode = excluded.postcode, country = excluded.country",
                {Param(account), Param(address.recipient), Param(address.street),
                 Param(address.city), Param(address.postcode), Param(address.country)}));
  const Result<RowSets> done = co_await shop.db.run(std::move(batch), until);
  if (!done) co_return done.error();
  co_return Status();
}

Statement address_statement(const std::string& account) {
  return Statement(
      "SELECT recipient, street, city, postcode, country FROM addresses WHERE account = $1",
      {Param(account)});
}

std::optional<Address> read_address(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  Address address;
  address.recipient = rows.text(0, 0);
  address.street = rows.text(0, 1);
  address.city = rows.text(0, 2);
  address.postcode = rows.text(0, 3);
  address.country = rows.text(0, 4);
  return address;
}

rt::Task<Result<std::optional<Address>>> load_address(Shop& shop, std::string account,
                                                      uint64_t since, Nanos until) {
  Batch batch;
  batch.push_back(address_statement(account));
  const Result<RowSets> sets = co_await shop.db.browse_since(std::move(batch), since, until);
  if (!sets) co_return Error(Code::kUnavailable, sets.error().detail);
  co_return read_address(sets->front());
}

}  // namespace multiaz::webnode
