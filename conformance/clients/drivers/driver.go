// Reads exchanges with openai-go. Needs that module and nothing else.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

const patience = 20 * time.Second

var names = []string{"cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"}

type object = map[string]any

type job struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Stream bool   `json:"stream"`
}

var errNotAccumulated = errors.New("the accumulator does not take this chunk")

func main() {
	client := openai.NewClient(option.WithAPIKey("sk-none"), option.WithMaxRetries(0), option.WithRequestTimeout(patience))
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked job
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		answer := read(client, asked)
		answer["id"] = asked.ID
		text, err := json.Marshal(answer)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}

func read(client openai.Client, asked job) (answer object) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = object{"raised": object{"type": "panic", "message": fmt.Sprint(cause)}}
		}
	}()
	ctx := context.Background()
	params := openai.ChatCompletionNewParams{
		Model:    "gpt-4o",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello")},
	}
	here := option.WithBaseURL(asked.URL)
	if !asked.Stream {
		completion, err := client.Chat.Completions.New(ctx, params, here)
		if err != nil {
			return raised(err)
		}
		return of(*completion, completion.Usage, "untyped", "completion")
	}
	stream := client.Chat.Completions.NewStreaming(ctx, params, here)
	defer stream.Close()
	var whole openai.ChatCompletionAccumulator
	var last openai.CompletionUsage
	for stream.Next() {
		chunk := stream.Current()
		if chunk.JSON.Usage.Valid() {
			last = chunk.Usage
		}
		if !whole.AddChunk(chunk) {
			return raised(errNotAccumulated)
		}
	}
	if err := stream.Err(); err != nil {
		return raised(err)
	}
	return of(whole.ChatCompletion, last, "raw", "chunk")
}

func raised(err error) object {
	told := object{"type": fmt.Sprintf("%T", err), "message": err.Error()}
	var refused *openai.Error
	if errors.As(err, &refused) {
		told["status"] = refused.StatusCode
		told["message"] = err.Error() + " " + refused.Message
	}
	return object{"raised": told}
}

// of is what a completion holds. The members that its type does not declare are in the usage as it came.
func of(completion openai.ChatCompletion, usage openai.CompletionUsage, how string, place string) object {
	choices := []object{}
	for _, each := range completion.Choices {
		calls := []object{}
		for _, call := range each.Message.ToolCalls {
			if call.Type == "custom" {
				continue
			}
			calls = append(calls, object{"id": call.ID, "name": call.Function.Name, "arguments": call.Function.Arguments})
		}
		choices = append(choices, object{
			"text":          each.Message.Content,
			"refusal":       each.Message.Refusal,
			"reasoning":     reasoning(each.Message),
			"calls":         calls,
			"finish_reason": each.FinishReason,
		})
	}
	members := object{}
	if value := completion.Usage.PromptTokensDetails.CachedTokens; value != 0 {
		members["cached_tokens"] = object{
			"value": value, "how": "typed", "reads": "completion.Usage.PromptTokensDetails.CachedTokens",
		}
	}
	for _, name := range names {
		if field, found := usage.PromptTokensDetails.JSON.ExtraFields[name]; found {
			reads := fmt.Sprintf("%s.Usage.PromptTokensDetails.JSON.ExtraFields[%q].Raw()", place, name)
			members[name] = object{"value": json.RawMessage(field.Raw()), "how": how, "reads": reads}
		}
	}
	return object{
		"choices": choices,
		"usage": object{
			"prompt_tokens":     completion.Usage.PromptTokens,
			"completion_tokens": completion.Usage.CompletionTokens,
			"total_tokens":      completion.Usage.TotalTokens,
		},
		"members": members,
	}
}

// reasoning is what vendors add to a message; its type does not declare it.
func reasoning(message openai.ChatCompletionMessage) string {
	for _, name := range []string{"reasoning_content", "reasoning"} {
		var text string
		if field, found := message.JSON.ExtraFields[name]; found && json.Unmarshal([]byte(field.Raw()), &text) == nil && text != "" {
			return text
		}
	}
	return ""
}
