// A valid request of each operation, for tests that spoil its fields.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace multiaz::awsapi::dynamodb {

using Requests = std::vector<std::pair<std::string, nlohmann::json>>;

// These requests make the table "tab" (p: S, s: N) with one item.
inline Requests preparing_requests() {
  using nlohmann::json;
  return {{"CreateTable", json::parse(R"j({"TableName":"tab","BillingMode":"PAY_PER_REQUEST",)j"
                                      R"j("KeySchema":[{"AttributeName":"p","KeyType":"HASH"},)j"
                                      R"j({"AttributeName":"s","KeyType":"RANGE"}],)j"
                                      R"j("AttributeDefinitions":[)j"
                                      R"j({"AttributeName":"p","AttributeType":"S"},)j"
                                      R"j({"AttributeName":"s","AttributeType":"N"}]})j")},
          {"PutItem",
           json::parse(R"j({"TableName":"tab","Item":{"p":{"S":"a"},"s":{"N":"1"},)j"
                       R"j("n":{"N":"5"},"l":{"L":[{"S":"x"}]},"m":{"M":{"k":{"BOOL":true}}},)j"
                       R"j("ss":{"SS":["u","v"]}}})j")}};
}

// "KEY" stands for the key of the item.
inline nlohmann::json made(std::string text) {
  const std::string key = R"({"p":{"S":"a"},"s":{"N":"1"}})";
  for (size_t at = text.find("KEY"); at != std::string::npos; at = text.find("KEY"))
    text.replace(at, 3, key);
  return nlohmann::json::parse(text);
}

inline Requests requests_of_one() {
  return {
      {"CreateTable",
       made(R"j({"TableName":"new","KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],)j"
            R"j("AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],)j"
            R"j("BillingMode":"PROVISIONED",)j"
            R"j("ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}})j")},
      {"DescribeTable", made(R"j({"TableName":"tab"})j")},
      {"ListTables", made(R"j({"Limit":5,"ExclusiveStartTableName":"aaa"})j")},
      {"UpdateTimeToLive",
       made(
           R"j({"TableName":"tab","TimeToLiveSpecification":{"AttributeName":"x","Enabled":true}})j")},
      {"DescribeTimeToLive", made(R"j({"TableName":"tab"})j")},
      {"GetItem",
       made(R"j({"TableName":"tab","Key":KEY,"ConsistentRead":true,)j"
            R"j("ProjectionExpression":"#n, m.k, l[0]",)j"
            R"j("ExpressionAttributeNames":{"#n":"n"},"ReturnConsumedCapacity":"TOTAL"})j")},
      {"PutItem",
       made(R"j({"TableName":"tab","Item":{"p":{"S":"b"},"s":{"N":"2"},"v":{"B":"eA=="}},)j"
            R"j("ConditionExpression":"attribute_not_exists(p)","ReturnValues":"ALL_OLD",)j"
            R"j("ReturnValuesOnConditionCheckFailure":"ALL_OLD",)j"
            R"j("ReturnConsumedCapacity":"INDEXES"})j")},
      {"UpdateItem",
       made(
           R"j({"TableName":"tab","Key":KEY,"UpdateExpression":)j"
           R"j("SET l = list_append(l, :l), n = n + :n REMOVE m.k ADD ss :s","ConditionExpression":)j"
           R"j("size(l) >= :n AND (n BETWEEN :n AND :m OR NOT n IN (:n)) AND begins_with(p, :a)",)j"
           R"j("ExpressionAttributeValues":{":l":{"L":[{"NULL":true}]},":n":{"N":"1"},)j"
           R"j(":m":{"N":"99"},":a":{"S":"a"},":s":{"SS":["w"]}},"ReturnValues":"UPDATED_NEW"})j")},
      {"DeleteItem",
       made(R"j({"TableName":"tab","Key":KEY,"ConditionExpression":"contains(ss, :u)",)j"
            R"j("ExpressionAttributeValues":{":u":{"S":"u"}},"ReturnValues":"ALL_OLD"})j")}};
}

inline Requests requests_of_many() {
  return {
      {"BatchGetItem",
       made(R"j({"RequestItems":{"tab":{"Keys":[KEY],"ConsistentRead":true,)j"
            R"j("ProjectionExpression":"#n","ExpressionAttributeNames":{"#n":"n"}}},)j"
            R"j("ReturnConsumedCapacity":"TOTAL"})j")},
      {"BatchWriteItem",
       made(R"j({"RequestItems":{"tab":[{"PutRequest":{"Item":{"p":{"S":"c"},"s":{"N":"3"}}}},)j"
            R"j({"DeleteRequest":{"Key":{"p":{"S":"d"},"s":{"N":"4"}}}}]},)j"
            R"j("ReturnConsumedCapacity":"TOTAL"})j")},
      {"TransactGetItems",
       made(R"j({"TransactItems":[{"Get":{"TableName":"tab","Key":KEY,)j"
            R"j("ProjectionExpression":"n"}}],"ReturnConsumedCapacity":"TOTAL"})j")},
      {"TransactWriteItems",
       made(R"j({"ClientRequestToken":"t","TransactItems":[)j"
            R"j({"Put":{"TableName":"tab","Item":{"p":{"S":"e"},"s":{"N":"5"}}}},)j"
            R"j({"Update":{"TableName":"tab","Key":{"p":{"S":"f"},"s":{"N":"6"}},)j"
            R"j("UpdateExpression":"SET v = :v","ExpressionAttributeValues":{":v":{"N":"1"}}}},)j"
            R"j({"Delete":{"TableName":"tab","Key":{"p":{"S":"g"},"s":{"N":"7"}}}},)j"
            R"j({"ConditionCheck":{"TableName":"tab","Key":KEY,)j"
            R"j("ConditionExpression":"attribute_exists(p)",)j"
            R"j("ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}],)j"
            R"j("ReturnConsumedCapacity":"INDEXES"})j")},
      {"Query",
       made(R"j({"TableName":"tab","KeyConditionExpression":"p = :p AND s BETWEEN :l AND :h",)j"
            R"j("FilterExpression":"attribute_type(#n, :t)","ScanIndexForward":false,"Limit":3,)j"
            R"j("ExpressionAttributeNames":{"#n":"n"},"ExpressionAttributeValues":{)j"
            R"j(":p":{"S":"a"},":l":{"N":"0"},":h":{"N":"9"},":t":{"S":"N"}},)j"
            R"j("ExclusiveStartKey":KEY,"Select":"ALL_ATTRIBUTES"})j")},
      {"Scan", made(R"j({"TableName":"tab","Limit":2,"Segment":0,"TotalSegments":2,)j"
                    R"j("Select":"COUNT","ConsistentRead":false})j")},
      {"DeleteTable", made(R"j({"TableName":"tab"})j")}};
}

inline Requests sample_requests() {
  Requests all = requests_of_one();
  for (const auto& one : requests_of_many()) all.push_back(one);
  return all;
}

}  // namespace multiaz::awsapi::dynamodb
