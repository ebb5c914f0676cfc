/** Returns the JSON of an object that is nested this deep. */
export function nestedText(depth: number): string {
  return `${'{"a":'.repeat(depth - 1)}{}${"}".repeat(depth - 1)}`;
}

/** Returns an object that is nested this deep. */
export function nestedObject(depth: number): object {
  let value: object = {};
  for (let level = 1; level < depth; level += 1) value = { a: value };
  return value;
}

const agentThreads: readonly string[] = [
  '{"$type":"ChatHistoryAgentThread","messages":[{"$type":"text","role":"user","text":"Hi"}]}',
  '{"messages":[{"role":"assistant","tool_calls":[{"id":"call_1","arguments":"{\\"city\\":\\"Paris\\"}"}]}]}',
  '{"storeState":{"threadId":"thread_abc"},"aiContextProviderState":null}',
  '{"conversationId":"conv_68e1","lastResponseId":null,"usage":{"inputTokens":123456789,"cached":0}}',
  '{"messages":[{"role":"tool","content":"line 1\\r\\nline 2\\ttab \\u001b[31m"}]}',
];

const numbers: readonly string[] = [
  '{"n":0}',
  '{"n":-0}',
  '{"n":-0.0}',
  '{"n":1.0}',
  '{"n":1.10}',
  '{"n":1E5}',
  '{"n":1e+05}',
  '{"n":9007199254740991}',
  '{"n":-9007199254740991}',
  '{"n":9007199254740993}',
  '{"n":12345678901234567890}',
  '{"n":123456789.123456789123456789}',
  '{"n":5e-324}',
  '{"n":1.7976931348623157e308}',
  '{"n":1e400}',
  '{"n":0.1}',
  '{"n":0.30000000000000004}',
  '{"n":1e21}',
  '{"n":1e-7}',
];

const structures: readonly string[] = [
  "{}",
  '{"a":{},"b":[],"c":[[]],"d":[{}],"e":{"f":{}}}',
  '{"a":null,"b":false,"c":0,"d":"","e":[null,false,0,""]}',
  '{"a":[1,[2,[3,[4]]]],"mixed":[1,"1",true,null,{},[]]}',
  '{"b":1,"a":2,"10":3,"9":4,"1":5,"Z":6}',
  '{"a":1,"a":2}',
  '{"a":1,"A":2,"a ":3,"\\u0061b":4}',
  '{"":1," ":2,"\\t":3}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  '{"a":{"__proto__":null,"toString":"x","hasOwnProperty":1}}',
  '{"toJSON":"not a function","then":"not a promise","length":-1}',
  '{"$ref":"#","$id":1,"@type":"x","_id":"y","$set":{"a":1}}',
];

const strings: readonly string[] = [
  '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t"}',
  '{"a":"/"}',
  '{"a":"\\/"}',
  '{"a":"\\u00e9","b":"\u00e9","c":"e\u0301"}',
  '{"a":"\\u00E9\\u0041"}',
  '{"a":"\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u{10ffff}"}',
  '{"a":"\\ud83d\\ude00"}',
  '{"a":"\\ud800"}',
  '{"a":"\\udc00\\ud800"}',
  '{"\\ud800":1}',
  '{"a":"\\u0000","b\\u0000":"x\\u0000y"}',
  '{"a":"\u2028\u2029\u0085\ufeff\ufffd\uffff"}',
  '{"\u2028":"\ufeff"}',
  '{"a":"\u007f"}',
  '{"a":"<script>&amp;</script> %41 + %"}',
  '{"a":"\'; DROP TABLE threads; --","b":"${x} #{y} {{z}}"}',
  '{"a":"\u6f22\u5b57\u05d0\u202e\u0627"}',
];

const spacings: readonly string[] = [
  " {}",
  "{} ",
  "\n{}\n",
  "\t{\t}\t",
  '\r\n{\r\n  "a" : 1 ,\r\n  "b" : [ 1 , 2 ]\r\n}\r\n',
  '{\n  "a": {\n    "b": 1\n  }\n}',
  `${" ".repeat(5000)}{}${" ".repeat(5000)}`,
];

const lookAlikes: readonly string[] = [
  '{"thread":{"a":1},"threadstore":{"format":1,"id":"x","version":"y"}}',
  '{"a":"{\\"threadstore\\":{\\"format\\":1}}"}',
  '{"a":",\\"threadstore\\":{","threadstore":{"format":1,"trailerCrc32":"00000000"}}',
  '{"id":"a","version":"b","json":"{}","metadata":{},"expiresAt":"2001-01-01T00:00:00.000Z"}',
  '{"ttl":1,"expiresAt":0,"deleted":true,"corrupt":true}',
  '{"a":"true","b":"1","c":"null","d":"[1]","e":"2020-01-01T00:00:00Z","f":"1e3"}',
];

/** Threads as text, which must come back byte for byte. */
export const jsonTexts: readonly string[] = [
  ...agentThreads,
  ...numbers,
  ...structures,
  ...strings,
  ...spacings,
  ...lookAlikes,
  nestedText(500),
];

/** Texts that are not a JSON object, although a lenient parser accepts many of them. */
export const notThreadTexts: readonly string[] = [
  "",
  " ",
  "null",
  "true",
  "1",
  '"text"',
  '"{}"',
  "[]",
  "[{}]",
  "{",
  "}",
  "{}{}",
  "{} {}",
  "{},",
  '{"a":1,}',
  "{a:1}",
  "{'a':1}",
  '{"a":01}',
  '{"a":+1}',
  '{"a":.5}',
  '{"a":NaN}',
  '{"a":undefined}',
  '{"a":"\n"}',
  '{"a":"\\x41"}',
  '{"a":1} // comment',
  '/**/{"a":1}',
  "\ufeff{}",
  "\u00a0{}",
  "{}\u0000",
  "undefined",
  "[object Object]",
  '{"a":"\ud800"}',
];
