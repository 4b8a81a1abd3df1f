using System.Text.Json.Serialization;
using MessagePack;

/// <summary>The schema `Every` of the document, with the usual types of C#.</summary>
[MessagePackObject]
public sealed class Every
{
    [Key("id"), JsonPropertyName("id")] public int Id { get; set; }
    [Key("big"), JsonPropertyName("big")] public long Big { get; set; }
    [Key("huge"), JsonPropertyName("huge")] public ulong? Huge { get; set; }
    [Key("negative"), JsonPropertyName("negative")] public long? Negative { get; set; }
    [Key("ratio"), JsonPropertyName("ratio")] public double Ratio { get; set; }
    [Key("whole"), JsonPropertyName("whole")] public double Whole { get; set; }
    [Key("single"), JsonPropertyName("single")] public float? Single { get; set; }
    [Key("text"), JsonPropertyName("text")] public string Text { get; set; } = "";
    [Key("at"), JsonPropertyName("at")] public DateTime At { get; set; }
    [Key("kind"), JsonPropertyName("kind")] public Kind Kind { get; set; }
    [Key("level"), JsonPropertyName("level")] public int? Level { get; set; }
    [Key("on"), JsonPropertyName("on")] public bool On { get; set; }
    [Key("nothing"), JsonPropertyName("nothing")] public string? Nothing { get; set; }
    [Key("list"), JsonPropertyName("list")] public List<long> List { get; set; } = [];
    [Key("map"), JsonPropertyName("map")] public Dictionary<string, long> Map { get; set; } = [];
    [Key("nested"), JsonPropertyName("nested")] public Nested Nested { get; set; } = new();
    [Key("data"), JsonPropertyName("data")] public byte[] Data { get; set; } = [];
    [Key("uuid"), JsonPropertyName("uuid")] public Guid? Uuid { get; set; }
}

/// <summary>An object within another.</summary>
[MessagePackObject]
public sealed class Nested
{
    [Key("x"), JsonPropertyName("x")] public double X { get; set; }
    [Key("name"), JsonPropertyName("name")] public string? Name { get; set; }
}

/// <summary>The names of its members are the document's values.</summary>
public enum Kind
{
    rock,
    paper,
}
