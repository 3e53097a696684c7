// Reads exchanges with a JavaScript client: `node driver.mjs NAME`. Needs the packages of that client and nothing else.

import { createInterface } from "node:readline";

const MODEL = "gpt-4o", KEY = "sk-none", PATIENCE = 20_000;
const ASKED = { model: MODEL, messages: [{ role: "user", content: "Hello" }] };
const MEMBERS = ["cached_tokens", "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"];

const member = (value, how, reads) => ({ value: value ?? null, how, reads });

// --- openai ---------------------------------------------------------------------------------------------------

async function openaiNode() {
  const { default: OpenAI } = await import("openai");
  const client = new OpenAI({ baseURL: "http://127.0.0.1", apiKey: KEY, maxRetries: 0, timeout: PATIENCE });
  return async (job) => {
    const { completions } = client.withOptions({ baseURL: job.url }).chat;
    if (!job.stream) return ofOpenAI(await completions.create(ASKED));
    return ofOpenAI(await completions.stream(ASKED).finalChatCompletion());
  };
}

function ofOpenAI(completion) {
  const usage = completion.usage ?? {};
  const details = usage.prompt_tokens_details ?? {};
  const read = (name) =>
    member(details[name], name === "cached_tokens" ? "typed" : "untyped", `completion.usage.prompt_tokens_details.${name}`);
  return {
    choices: completion.choices.map(({ message, finish_reason }) => ({
      text: message.content,
      refusal: message.refusal,
      reasoning: message.reasoning_content ?? message.reasoning,
      calls: (message.tool_calls ?? [])
        .filter((call) => call.function)
        .map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments })),
      finish_reason,
    })),
    usage,
    members: Object.fromEntries(MEMBERS.map((name) => [name, read(name)])),
  };
}

// --- the AI SDK -----------------------------------------------------------------------------------------------

const aiSDK = (provider) => async () => {
  const { generateText, streamText, jsonSchema, tool } = await import("ai");
  const model = await provider();
  return async (job) => {
    const anything = tool({ description: "a tool", inputSchema: jsonSchema({ type: "object" }) });
    const tools = Object.fromEntries(job.tools.map((name) => [name, anything]));
    const asked = { model: model(job.url), prompt: "Hello", maxRetries: 0, tools, abortSignal: AbortSignal.timeout(PATIENCE) };
    if (!job.stream) return ofAISDK(await generateText(asked));
    const result = streamText({ ...asked, onError: () => {} });
    for await (const part of result.fullStream) if (part.type === "error") throw part.error;
    const names = ["text", "reasoningText", "toolCalls", "finishReason", "rawFinishReason", "usage"];
    const values = await Promise.all(names.map((name) => result[name]));
    return ofAISDK(Object.fromEntries(names.map((name, place) => [name, values[place]])));
  };
};

function ofAISDK(result) {
  const usage = result.usage ?? {};
  const details = usage.inputTokenDetails ?? {};
  const raw = usage.raw?.prompt_tokens_details ?? {};
  const read = (name) => member(raw[name], "raw", `result.usage.raw.prompt_tokens_details.${name}`);
  const members = Object.fromEntries(MEMBERS.map((name) => [name, read(name)]));
  if (details.cacheReadTokens != null)
    members.cached_tokens = member(details.cacheReadTokens, "typed", "result.usage.inputTokenDetails.cacheReadTokens");
  if (details.cacheWriteTokens != null)
    members.cached_write_tokens = member(details.cacheWriteTokens, "typed", "result.usage.inputTokenDetails.cacheWriteTokens");
  return {
    choices: [
      {
        text: result.text,
        reasoning: result.reasoningText,
        calls: result.toolCalls.map((call) => ({ id: call.toolCallId, name: call.toolName, arguments: textOf(call.input) })),
        finish_reason: result.rawFinishReason ?? result.finishReason,
      },
    ],
    usage: { prompt_tokens: usage.inputTokens, completion_tokens: usage.outputTokens, total_tokens: usage.totalTokens },
    members,
  };
}

const textOf = (input) => (typeof input === "string" ? input : JSON.stringify(input));

const READERS = {
  "openai-node": openaiNode,
  "ai-sdk-openai": aiSDK(async () => {
    const { createOpenAI } = await import("@ai-sdk/openai");
    return (url) => createOpenAI({ baseURL: url, apiKey: KEY }).chat(MODEL);
  }),
  "ai-sdk-compatible": aiSDK(async () => {
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    return (url) => createOpenAICompatible({ name: "vendor", baseURL: url, apiKey: KEY, includeUsage: true }).chatModel(MODEL);
  }),
};

// --- jobs -----------------------------------------------------------------------------------------------------

const raised = (error) => ({
  type: error?.constructor?.name ?? typeof error,
  message: String(error?.message ?? error),
  status: error?.status ?? error?.statusCode ?? null,
});

globalThis.AI_SDK_LOG_WARNINGS = false;
process.on("unhandledRejection", () => {});
const print = process.stdout.write.bind(process.stdout);
console.log = console.info = console.warn = console.error; // what a client prints is no answer
const read = await READERS[process.argv[2]]();
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  let answer;
  try {
    answer = await read(job);
  } catch (error) {
    answer = { raised: raised(error) };
  }
  print(JSON.stringify({ id: job.id, ...answer }) + "\n");
}
