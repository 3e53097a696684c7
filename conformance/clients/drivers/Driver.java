// Reads exchanges with openai-java. Needs that library, with what it depends on, and nothing else.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIServiceException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.completions.CompletionUsage;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

public class Driver {
  private static final List<String> NAMES =
      List.of("cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens");
  private static final ChatCompletionCreateParams ASKED =
      ChatCompletionCreateParams.builder().model("gpt-4o").addUserMessage("Hello").build();

  public static void main(String[] words) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err); // what a client prints is no answer
    ObjectMapper json = new ObjectMapper();
    OpenAIClient client =
        OpenAIOkHttpClient.builder().apiKey("sk-none").maxRetries(0).timeout(Duration.ofSeconds(20)).build();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode job = json.readTree(line);
      Map<String, Object> answer;
      try {
        OpenAIClient here = client.withOptions(options -> options.baseUrl(job.get("url").asText()));
        answer = job.get("stream").asBoolean() ? streamed(here) : whole(here);
      } catch (Throwable error) {
        answer = new HashMap<>(Map.of("raised", raised(error)));
      }
      answer.put("id", job.get("id").asText());
      out.println(json.writeValueAsString(answer));
    }
    System.exit(0);
  }

  private static Map<String, Object> whole(OpenAIClient client) {
    ChatCompletion completion = client.chat().completions().create(ASKED);
    return of(completion, completion.usage(), "untyped", "completion");
  }

  private static Map<String, Object> streamed(OpenAIClient client) {
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    Optional<CompletionUsage> last = Optional.empty();
    try (StreamResponse<ChatCompletionChunk> response = client.chat().completions().createStreaming(ASKED)) {
      for (Iterator<ChatCompletionChunk> chunks = response.stream().iterator(); chunks.hasNext(); ) {
        ChatCompletionChunk chunk = chunks.next();
        accumulator.accumulate(chunk);
        last = chunk.usage().isPresent() ? chunk.usage() : last;
      }
    }
    return of(accumulator.chatCompletion(), last, "raw", "chunk");
  }

  private static Map<String, Object> raised(Throwable error) {
    Map<String, Object> told = new HashMap<>();
    told.put("type", error.getClass().getSimpleName());
    told.put("message", String.valueOf(error.getMessage()));
    if (error instanceof OpenAIServiceException) {
      told.put("status", ((OpenAIServiceException) error).statusCode());
    }
    return told;
  }

  private static Map<String, Object> of(
      ChatCompletion completion, Optional<CompletionUsage> asItCame, String how, String place) {
    List<Object> choices = new ArrayList<>();
    for (ChatCompletion.Choice each : completion.choices()) {
      Map<String, Object> choice = new HashMap<>();
      choice.put("text", each.message().content().orElse(null));
      choice.put("refusal", each.message().refusal().orElse(null));
      choice.put("reasoning", reasoning(each.message()));
      choice.put("calls", calls(each.message()));
      choice.put("finish_reason", each.finishReason().asString());
      choices.add(choice);
    }
    Map<String, Object> usage = new HashMap<>();
    Map<String, Object> members = new HashMap<>();
    completion.usage().ifPresent(counts -> {
      usage.put("prompt_tokens", counts.promptTokens());
      usage.put("completion_tokens", counts.completionTokens());
      usage.put("total_tokens", counts.totalTokens());
      counts.promptTokensDetails().flatMap(CompletionUsage.PromptTokensDetails::cachedTokens).ifPresent(value ->
          put(members, "cached_tokens", value, "typed", "completion.usage().promptTokensDetails().cachedTokens()"));
    });
    String usageOf = ".usage().promptTokensDetails()._additionalProperties().get(\"%s\")";
    // In a stream, the accumulator's own usage comes first, and that of the chunk where it lacks them.
    asItCame.ifPresent(counts -> putExtras(members, counts, how, place + usageOf));
    completion.usage().ifPresent(counts -> putExtras(members, counts, "untyped", "completion" + usageOf));
    Map<String, Object> answer = new HashMap<>();
    answer.put("choices", choices);
    answer.put("usage", usage);
    answer.put("members", members);
    return answer;
  }

  private static void putExtras(Map<String, Object> members, CompletionUsage counts, String how, String reads) {
    counts.promptTokensDetails().ifPresent(details -> {
      for (String name : NAMES) {
        JsonValue value = details._additionalProperties().get(name);
        if (value != null) {
          put(members, name, value.convert(Object.class), how, String.format(reads, name));
        }
      }
    });
  }

  private static void put(Map<String, Object> members, String name, Object value, String how, String reads) {
    Map<String, Object> member = new HashMap<>();
    member.put("value", value);
    member.put("how", how);
    member.put("reads", reads);
    members.put(name, member);
  }

  private static List<Object> calls(ChatCompletionMessage message) {
    List<Object> found = new ArrayList<>();
    message.toolCalls().orElse(List.of()).forEach(call -> call.function().ifPresent(each -> {
      Map<String, Object> told = new HashMap<>();
      told.put("id", each.id());
      told.put("name", each.function().name());
      told.put("arguments", each.function().arguments());
      found.add(told);
    }));
    return found;
  }

  private static Object reasoning(ChatCompletionMessage message) {
    for (String name : List.of("reasoning_content", "reasoning")) {
      JsonValue value = message._additionalProperties().get(name);
      if (value != null && value.asString().isPresent()) {
        return value.asString().get();
      }
    }
    return null;
  }
}
