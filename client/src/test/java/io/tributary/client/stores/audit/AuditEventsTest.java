package io.tributary.client.stores.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditEvent.Decision;
import io.tributary.client.audit.AuditEvent.HookEvent;
import io.tributary.client.audit.AuditEvent.HookOutcome;
import io.tributary.client.audit.AuditEvent.Permission;
import io.tributary.client.audit.AuditEvent.PermissionDecision;
import io.tributary.client.audit.AuditEvent.SyncCompaction;
import io.tributary.client.audit.AuditEvent.SyncConflict;
import io.tributary.client.audit.AuditEvent.SyncStatus;
import io.tributary.client.audit.AuditEvent.ToolStatus;
import io.tributary.client.audit.AuditEvent.ToolUse;
import io.tributary.client.eventlog.Redaction;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AuditEventsTest {
  private static final RemoteId REMOTE = RemoteId.of(HexFormat.of().parseHex("0f".repeat(16)));
  private static final String HEX = "0f".repeat(16);
  private static final EntryId ID =
      EntryId.of(UUID.fromString("019c7a00-0000-7000-8000-000000000001"));

  /** The key, and the payload's fields in order, which both have to be read again as the event. */
  private static void writes(AuditEvent event, String key, JsonObject payload) {
    EventDefinition<AuditEvent> definition = AuditEvents.definition(event);
    assertThat(definition.tag()).isEqualTo(event.tag());
    assertThat(definition.primaryKey(event)).isEqualTo(key);
    byte[] bytes = definition.encode(event);
    assertThat(PayloadCodec.json().decode(bytes).encode()).isEqualTo(payload.encode());
    assertThat(definition.decode(bytes)).isEqualTo(event);
  }

  private static void refuses(String tag, JsonObject payload, String field) {
    assertThatThrownBy(
            () -> AuditEvents.decode(tag, PayloadCodec.json().encode(payload)).isPresent())
        .isInstanceOf(PayloadException.class)
        .hasMessageStartingWith("payload of " + tag + ": " + field + ": found ");
  }

  @Test
  void writesWhatAgentsDid() {
    writes(
        new ToolUse("s", "Bash", null, ToolStatus.START, null),
        "s:Bash:start",
        new JsonObject().put("sessionId", "s").put("toolName", "Bash").put("status", "start"));
    writes(
        new ToolUse("s", "mcp__a:b", "t", ToolStatus.FAILURE, 0.25),
        "s:mcp__a:b:failure",
        new JsonObject()
            .put("sessionId", "s")
            .put("toolName", "mcp__a:b")
            .put("toolUseId", "t")
            .put("status", "failure")
            .put("durationMs", 0.25));
    writes(
        new PermissionDecision("s", "Write", Permission.PROMPT, null),
        "s:Write:prompt",
        new JsonObject().put("sessionId", "s").put("toolName", "Write").put("decision", "prompt"));
    writes(
        new PermissionDecision("s", "Write", Permission.DENY, "no"),
        "s:Write:deny",
        new JsonObject()
            .put("sessionId", "s")
            .put("toolName", "Write")
            .put("decision", "deny")
            .put("reason", "no"));
    writes(
        new HookEvent(null, "SessionStart", null, HookOutcome.SUCCESS),
        "unknown:SessionStart:success",
        new JsonObject().put("hook", "SessionStart").put("outcome", "success"));
    writes(
        new HookEvent("s", "OneOfTheirOwn", "t", HookOutcome.FAILURE),
        "s:OneOfTheirOwn:failure",
        new JsonObject()
            .put("sessionId", "s")
            .put("hook", "OneOfTheirOwn")
            .put("toolUseId", "t")
            .put("outcome", "failure"));
  }

  @Test
  void writesWhatSyncingDid() {
    writes(
        new SyncConflict(REMOTE, "chat_event", "s:1", ID, 2, Decision.MERGE, ID, null, List.of()),
        HEX + ":chat_event:s:1:" + ID,
        new JsonObject()
            .put("remoteId", HEX)
            .put("event", "chat_event")
            .put("primaryKey", "s:1")
            .put("entryId", "019c7a00-0000-7000-8000-000000000001")
            .put("conflictCount", 2)
            .put("resolution", "merge")
            .put("resolvedEntryId", "019c7a00-0000-7000-8000-000000000001"));
    writes(
        new SyncConflict(null, "a", "k", ID, 1, Decision.REJECT, null, null, List.of()),
        "local:a:k:" + ID,
        new JsonObject()
            .put("remoteId", "local")
            .put("event", "a")
            .put("primaryKey", "k")
            .put("entryId", ID.toString())
            .put("conflictCount", 1)
            .put("resolution", "reject"));
    writes(
        new SyncCompaction(REMOTE, 3, 1, List.of("a", "b"), 5),
        HEX + ":5",
        new JsonObject()
            .put("remoteId", HEX)
            .put("before", 3)
            .put("after", 1)
            .put("events", new JsonArray().add("a").add("b"))
            .put("timestamp", 5));
    writes(
        new SyncCompaction(null, 3, 1, List.of(), 5),
        "local:5",
        new JsonObject()
            .put("remoteId", "local")
            .put("before", 3)
            .put("after", 1)
            .put("timestamp", 5));
    writes(
        new SyncStatus(null, "wss://hub/event-log/t", "connecting", null, 7),
        "wss://hub/event-log/t:7",
        new JsonObject()
            .put("url", "wss://hub/event-log/t")
            .put("state", "connecting")
            .put("timestamp", 7));
    writes(
        new SyncStatus(REMOTE, "wss://hub", "backoff", "lost", 7),
        HEX + ":7",
        new JsonObject()
            .put("remoteId", HEX)
            .put("url", "wss://hub")
            .put("state", "backoff")
            .put("error", "lost")
            .put("timestamp", 7));
  }

  @Test
  void keepsEntriesInConflictIfThereAreAny() {
    Entry entry = new Entry(ID, "a", "k", new byte[] {1, 2});
    SyncConflict event = new SyncConflict(
        REMOTE, "a", "k", ID, 1, Decision.ACCEPT, ID, entry, List.of(entry, entry));
    SyncConflict read = AuditEvents.SYNC_CONFLICT.decode(AuditEvents.SYNC_CONFLICT.encode(event));
    assertThat(read.entry()).usingRecursiveComparison().isEqualTo(entry);
    assertThat(read.conflicts()).hasSize(2);
    assertThat(read.conflicts().get(1)).usingRecursiveComparison().isEqualTo(entry);
  }

  /** Payloads as effect-claude-agent-sdk encodes them. */
  @Test
  void readsWhatTheNpmSdkWrites() {
    assertThat(decode(
            "tool_use",
            "de0004a973657373696f6e4964a173a8746f6f6c4e616d65a86d63705f5f613a62a6737461747573"
                + "a76661696c757265aa6475726174696f6e4d73cb3fd0000000000000"))
        .isEqualTo(new ToolUse("s", "mcp__a:b", null, ToolStatus.FAILURE, 0.25));
    // Optional fields that are undefined.
    assertThat(decode(
            "tool_use",
            "de0005a973657373696f6e4964a173a8746f6f6c4e616d65a442617368a9746f6f6c5573654964d4"
                + "0000a6737461747573a76661696c757265aa6475726174696f6e4d73d40000"))
        .isEqualTo(new ToolUse("s", "Bash", null, ToolStatus.FAILURE, null));
    assertThat(decode(
            "hook_event",
            "de0003a973657373696f6e4964d40000a4686f6f6bac53657373696f6e5374617274a76f7574636f"
                + "6d65a76661696c757265"))
        .isEqualTo(new HookEvent(null, "SessionStart", null, HookOutcome.FAILURE));
    assertThat(decode(
            "sync_conflict",
            "de0006a872656d6f74654964d92030663066306630663066306630663066306630663066306630663066"
                + "30663066a56576656e74aa636861745f6576656e74aa7072696d6172794b6579a3733a31a7656e"
                + "7472794964d92430313963376130302d303030302d373030302d383030302d3030303030303030"
                + "30303031ad636f6e666c696374436f756e7401aa7265736f6c7574696f6ea672656a656374"))
        .isEqualTo(new SyncConflict(
            REMOTE, "chat_event", "s:1", ID, 1, Decision.REJECT, null, null, List.of()));
    assertThat(decode(
            "sync_compaction",
            "de0004a872656d6f74654964d92030663066306630663066306630663066306630663066306630663066"
                + "30663066a66265666f72650aa5616674657200a974696d657374616d70cb4279c7a7df100000"))
        .isEqualTo(new SyncCompaction(REMOTE, 10, 0, List.of(), 1_771_581_600_000L));
  }

  private static AuditEvent decode(String tag, String hex) {
    return AuditEvents.decode(tag, HexFormat.of().parseHex(hex)).orElseThrow();
  }

  @Test
  void ignoresFieldsItDoesNotKnow() {
    byte[] payload = PayloadCodec.json()
        .encode(new JsonObject()
            .put("hook", "Stop")
            .put("outcome", "success")
            .put("more", new JsonObject().put("a", 1)));
    assertThat(AuditEvents.decode("hook_event", payload))
        .contains(new HookEvent(null, "Stop", null, HookOutcome.SUCCESS));
    assertThat(AuditEvents.decode("chat_event", payload)).isEmpty();
  }

  @Test
  void saysWhichFieldIsWrong() {
    JsonObject use =
        new JsonObject().put("sessionId", "s").put("toolName", "t").put("status", "start");
    refuses("tool_use", use.copy().put("sessionId", 7), "sessionId");
    refuses("tool_use", use.copy().putNull("toolName"), "toolName");
    refuses("tool_use", use.copy().put("status", "begun"), "status");
    refuses("tool_use", use.copy().put("durationMs", "long"), "durationMs");
    refuses("permission_decision", use.copy(), "decision");
    refuses("hook_event", new JsonObject().put("outcome", "success"), "hook");
    refuses("sync_compaction", new JsonObject().put("remoteId", "secret-1"), "remoteId");
    JsonObject conflict = new JsonObject()
        .put("remoteId", HEX)
        .put("event", "e")
        .put("primaryKey", "k")
        .put("entryId", ID.toString())
        .put("conflictCount", 1)
        .put("resolution", "accept");
    refuses("sync_conflict", conflict.copy().put("entryId", "7"), "entryId");
    refuses("sync_conflict", conflict.copy().put("conflictCount", -1), "conflictCount");
    refuses("sync_conflict", conflict.copy().put("conflicts", new JsonArray().add(1)), "conflicts");
    refuses("sync_status", new JsonObject().put("url", "u").put("state", "live"), "timestamp");
  }

  @Test
  void leavesOutWhatMayQuoteSomebody() {
    PermissionDecision event =
        new PermissionDecision("s", "Write", Permission.DENY, "they said so");
    assertThat(redacted(AuditEvents.withoutDetails(), event))
        .isEqualTo(new PermissionDecision("s", "Write", Permission.DENY, null));
    Entry entry = new Entry(ID, "a", "k", new byte[] {1, 2});
    assertThat(redacted(
            AuditEvents.withoutDetails(),
            new SyncConflict(REMOTE, "a", "k", ID, 1, Decision.ACCEPT, ID, entry, List.of(entry))))
        .isEqualTo(new SyncConflict(REMOTE, "a", "k", ID, 1, Decision.ACCEPT, ID, null, List.of()));
    assertThat(redacted(
            AuditEvents.withoutDetails(), new SyncStatus(REMOTE, "u", "backoff", "lost", 7)))
        .isEqualTo(new SyncStatus(REMOTE, "u", "backoff", null, 7));
    ToolUse use = new ToolUse("s", "Bash", "t", ToolStatus.START, null);
    assertThat(redacted(AuditEvents.withoutDetails(), use)).isEqualTo(use);
    assertThat(redacted(AuditEvents.without(List.of("toolUseId")), use))
        .isEqualTo(new ToolUse("s", "Bash", null, ToolStatus.START, null));
    // One that can't be read without it stays here.
    assertThat(AuditEvents.without(List.of("toolName")).redact(entry(use))).isEmpty();
    assertThat(AuditEvents.only(List.of("hook_event")).redact(entry(use))).isEmpty();
    assertThat(redacted(AuditEvents.only(List.of("tool_use")), use)).isEqualTo(use);
  }

  private static Entry entry(AuditEvent event) {
    EventDefinition<AuditEvent> definition = AuditEvents.definition(event);
    return new Entry(ID, event.tag(), definition.primaryKey(event), definition.encode(event));
  }

  private static AuditEvent redacted(Redaction redaction, AuditEvent event) {
    byte[] payload = redaction.redact(entry(event)).orElseThrow();
    return AuditEvents.decode(event.tag(), payload).orElseThrow();
  }
}
