using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using MessagePack;
using MessagePack.Resolvers;
using NATS.Client.Core;

// A peer on NATS.Net: it reads each value into C#'s types, and sends it back as it understood it.
// Arguments: the server's URL, and `json` or `msgpack`.

var (url, format) = (args[0], args[1]);

var json = new JsonSerializerOptions
{
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = { new JsonStringEnumConverter() },
};
var msgpack = MessagePackSerializerOptions.Standard.WithResolver(
    CompositeResolver.Create(DynamicEnumAsStringResolver.Instance, StandardResolver.Instance));

Every Read(byte[]? payload) => format == "json"
    ? JsonSerializer.Deserialize<Every>(payload, json)!
    : MessagePackSerializer.Deserialize<Every>(payload, msgpack);
byte[] Write(Every value) => format == "json"
    ? JsonSerializer.SerializeToUtf8Bytes(value, json)
    : MessagePackSerializer.Serialize(value, msgpack);

await using var nats = new NatsConnection(new NatsOpts { Url = url });
await using var values = await nats.SubscribeCoreAsync<byte[]>("judge.ts");
await using var questions = await nats.SubscribeCoreAsync<byte[]>("judge.ask");
await using var shards = await nats.SubscribeCoreAsync<byte[]>("judge.shards");

async Task EchoValues()
{
    await foreach (var message in values.Msgs.ReadAllAsync())
    {
        try
        {
            var every = Read(message.Data);
            // The text shows what C# understood, whatever its serializer makes of the value.
            var headers = new NatsHeaders { ["Seen"] = $"{every.Big} {every.Huge} {every.At.ToUniversalTime():O} {every.Kind}" };
            await nats.PublishAsync("judge.cs", Write(every), headers);
        }
        catch (Exception error)
        {
            await nats.PublishAsync("judge.failed", System.Text.Encoding.UTF8.GetBytes(error.ToString()));
        }
    }
}

async Task AnswerQuestions()
{
    await foreach (var message in questions.Msgs.ReadAllAsync())
    {
        var every = Read(message.Data);
        every.Text += "!";
        await message.ReplyAsync(Write(every), new NatsHeaders { ["Trace"] = message.Headers?["Trace"].ToString() ?? "" });
    }
}

// AlterNats' rule for the server of a key, with the hash of .NET.
async Task PlaceKeys()
{
    await foreach (var message in shards.Msgs.ReadAllAsync())
    {
        var keys = JsonSerializer.Deserialize<string[]>(message.Data)!;
        var places = keys.Select(key => XxHash32.HashToUInt32(MemoryMarshal.AsBytes(key.AsSpan())) % 3).ToArray();
        await message.ReplyAsync(JsonSerializer.SerializeToUtf8Bytes(places));
    }
}

var all = Task.WhenAll(EchoValues(), AnswerQuestions(), PlaceKeys());
await nats.PingAsync();
Console.WriteLine("ready");
await all;
