package io.tributary.client.stores.audit;

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
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.eventlog.Redaction;
import io.tributary.client.stores.Payloads;
import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.eventlog.PayloadException;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The events of an audit log, as all replicas write them. */
public final class AuditEvents {
  /** In the place of a remote's id: what was noted is about this replica itself. */
  static final String LOCAL = "local";

  /** A tool was used; its key is {@code sessionId:toolName:status}. */
  public static final EventDefinition<ToolUse> TOOL_USE = EventDefinition.of(
      "tool_use",
      codec(AuditEvents::fields, AuditEvents::toolUse),
      event -> event.sessionId() + ":" + event.toolName() + ":" + event.status().word());

  /** A permission was decided; its key is {@code sessionId:toolName:decision}. */
  public static final EventDefinition<PermissionDecision> PERMISSION_DECISION = EventDefinition.of(
      "permission_decision",
      codec(AuditEvents::fields, AuditEvents::permissionDecision),
      event ->
          event.sessionId() + ":" + event.toolName() + ":" + event.decision().word());

  /** A hook ran; its key is {@code sessionId:hook:outcome}, with {@code unknown} for no session. */
  public static final EventDefinition<HookEvent> HOOK_EVENT = EventDefinition.of(
      "hook_event",
      codec(AuditEvents::fields, AuditEvents::hookEvent),
      event -> (event.sessionId() == null ? "unknown" : event.sessionId())
          + ":"
          + event.hook()
          + ":"
          + event.outcome().word());

  /** A conflict; its key is {@code remoteId:event:primaryKey:entryId}. */
  public static final EventDefinition<SyncConflict> SYNC_CONFLICT = EventDefinition.of(
      "sync_conflict",
      codec(AuditEvents::fields, AuditEvents::syncConflict),
      event -> text(event.remoteId())
          + ":"
          + event.event()
          + ":"
          + event.primaryKey()
          + ":"
          + event.entryId());

  /** A compaction, or retention; its key is {@code remoteId:timestamp}. */
  public static final EventDefinition<SyncCompaction> SYNC_COMPACTION = EventDefinition.of(
      "sync_compaction",
      codec(AuditEvents::fields, AuditEvents::syncCompaction),
      event -> text(event.remoteId()) + ":" + event.timestamp());

  /**
   * A connection changed its state; its key is {@code remoteId:timestamp}, with the URL as long as the
   * remote's id is not known.
   */
  public static final EventDefinition<SyncStatus> SYNC_STATUS = EventDefinition.of(
      "sync_status",
      codec(AuditEvents::fields, AuditEvents::syncStatus),
      event -> (event.remoteId() == null ? event.url() : hex(event.remoteId()))
          + ":"
          + event.timestamp());

  /** All of them. */
  public static final EventGroup GROUP = EventGroup.named("audit")
      .event(TOOL_USE)
      .event(PERMISSION_DECISION)
      .event(HOOK_EVENT)
      .event(SYNC_CONFLICT)
      .event(SYNC_COMPACTION)
      .event(SYNC_STATUS)
      .appendOnly()
      .build();

  /** Fields that may quote what agents and their users said. */
  private static final Set<String> DETAILS = Set.of("reason", "error", "entry", "conflicts");

  private AuditEvents() {}

  /** Adds the group to an event log; what is no such event is recorded as failed. */
  public static void register(EventLogOptions.Builder log) {
    log.group(GROUP);
    handle(log, TOOL_USE);
    handle(log, PERMISSION_DECISION);
    handle(log, HOOK_EVENT);
    handle(log, SYNC_CONFLICT);
    handle(log, SYNC_COMPACTION);
    handle(log, SYNC_STATUS);
  }

  /** What there is to do is done by the store, which shows them. */
  private static <P> void handle(EventLogOptions.Builder log, EventDefinition<P> event) {
    log.handle(event, (payload, entry, conflicts) -> Future.succeededFuture());
  }

  /**
   * Lets events leave without what may quote somebody: the reason of a permission, the error of a
   * connection, the entries in conflict. For {@link EventLogOptions.Builder#redact} with {@link #GROUP}.
   */
  public static Redaction withoutDetails() {
    return without(DETAILS);
  }

  /**
   * Lets events leave without some of their fields. One that needs such a field doesn't leave.
   *
   * @param fields by their names in payloads
   */
  public static Redaction without(Collection<String> fields) {
    Set<String> names = Set.copyOf(fields);
    return entry -> {
      JsonObject payload = PayloadCodec.json().decode(entry.payload());
      if (!payload.getMap().keySet().removeAll(names)) {
        return Optional.of(entry.payload());
      }
      byte[] rest = PayloadCodec.json().encode(payload);
      return readable(entry.event(), rest) ? Optional.of(rest) : Optional.empty();
    };
  }

  /** Lets events leave of these tags only. */
  public static Redaction only(Collection<String> tags) {
    Set<String> all = Set.copyOf(tags);
    return entry -> all.contains(entry.event()) ? Optional.of(entry.payload()) : Optional.empty();
  }

  private static boolean readable(String tag, byte[] payload) {
    try {
      return decode(tag, payload).isPresent();
    } catch (PayloadException e) {
      return false;
    }
  }

  /**
   * The event of an entry's payload; empty if the tag is none of an audit log's.
   *
   * @throws PayloadException if it is no such event
   */
  static Optional<AuditEvent> decode(String tag, byte[] payload) {
    return GROUP.event(tag).map(event -> (AuditEvent) event.decode(payload));
  }

  /** The definition of an event. */
  @SuppressWarnings("unchecked") // Each tag is of one class.
  static EventDefinition<AuditEvent> definition(AuditEvent event) {
    return (EventDefinition<AuditEvent>) GROUP.event(event.tag()).orElseThrow();
  }

  /** The session that an event is about, if any. */
  static Optional<String> session(AuditEvent event) {
    if (event instanceof ToolUse use) {
      return Optional.of(use.sessionId());
    }
    if (event instanceof PermissionDecision decision) {
      return Optional.of(decision.sessionId());
    }
    return event instanceof HookEvent hook
        ? Optional.ofNullable(hook.sessionId())
        : Optional.empty();
  }

  // Payloads.

  private static <P> PayloadCodec<P> codec(
      Function<P, JsonObject> fields, Function<Payloads, P> event) {
    return new PayloadCodec<>() {
      @Override
      public byte[] encode(P payload) {
        return PayloadCodec.json().encode(fields.apply(payload));
      }

      @Override
      public P decode(byte[] bytes) {
        return event.apply(Payloads.of(PayloadCodec.json().decode(bytes)));
      }
    };
  }

  /** Absent rather than null. */
  private static void put(JsonObject fields, String field, @Nullable Object value) {
    if (value != null) {
      fields.put(field, value);
    }
  }

  private static JsonObject fields(ToolUse event) {
    JsonObject fields =
        new JsonObject().put("sessionId", event.sessionId()).put("toolName", event.toolName());
    put(fields, "toolUseId", event.toolUseId());
    fields.put("status", event.status().word());
    put(fields, "durationMs", event.durationMs());
    return fields;
  }

  private static ToolUse toolUse(Payloads fields) {
    OptionalDouble duration = fields.optionalNumber("durationMs");
    return new ToolUse(
        fields.text("sessionId"),
        fields.text("toolName"),
        fields.optionalText("toolUseId").orElse(null),
        fields.oneOf("status", List.of(ToolStatus.values()), ToolStatus::word),
        duration.isPresent() ? (Double) duration.getAsDouble() : null);
  }

  private static JsonObject fields(PermissionDecision event) {
    JsonObject fields = new JsonObject()
        .put("sessionId", event.sessionId())
        .put("toolName", event.toolName())
        .put("decision", event.decision().word());
    put(fields, "reason", event.reason());
    return fields;
  }

  private static PermissionDecision permissionDecision(Payloads fields) {
    return new PermissionDecision(
        fields.text("sessionId"),
        fields.text("toolName"),
        fields.oneOf("decision", List.of(Permission.values()), Permission::word),
        fields.optionalText("reason").orElse(null));
  }

  private static JsonObject fields(HookEvent event) {
    JsonObject fields = new JsonObject();
    put(fields, "sessionId", event.sessionId());
    fields.put("hook", event.hook());
    put(fields, "toolUseId", event.toolUseId());
    return fields.put("outcome", event.outcome().word());
  }

  private static HookEvent hookEvent(Payloads fields) {
    return new HookEvent(
        fields.optionalText("sessionId").orElse(null),
        fields.text("hook"),
        fields.optionalText("toolUseId").orElse(null),
        fields.oneOf("outcome", List.of(HookOutcome.values()), HookOutcome::word));
  }

  private static JsonObject fields(SyncConflict event) {
    JsonObject fields = new JsonObject()
        .put("remoteId", text(event.remoteId()))
        .put("event", event.event())
        .put("primaryKey", event.primaryKey())
        .put("entryId", event.entryId().toString())
        .put("conflictCount", event.conflictCount())
        .put("resolution", event.decision().word());
    EntryId resolved = event.resolvedEntryId();
    put(fields, "resolvedEntryId", resolved == null ? null : resolved.toString());
    Entry entry = event.entry();
    put(fields, "entry", entry == null ? null : object(entry));
    if (!event.conflicts().isEmpty()) {
      fields.put(
          "conflicts",
          new JsonArray(event.conflicts().stream().map(AuditEvents::object).toList()));
    }
    return fields;
  }

  private static SyncConflict syncConflict(Payloads fields) {
    long count = fields.whole("conflictCount");
    if (count < 0 || count > Integer.MAX_VALUE) {
      throw refused("conflictCount", Long.toString(count), "0 to " + Integer.MAX_VALUE);
    }
    return new SyncConflict(
        remote("remoteId", fields.text("remoteId")),
        fields.text("event"),
        fields.text("primaryKey"),
        id("entryId", fields.text("entryId")),
        (int) count,
        fields.oneOf("resolution", List.of(Decision.values()), Decision::word),
        fields
            .optionalText("resolvedEntryId")
            .map(text -> id("resolvedEntryId", text))
            .orElse(null),
        fields.optionalObject("entry").map(AuditEvents::entry).orElse(null),
        fields.optionalObjects("conflicts").orElse(List.of()).stream()
            .map(AuditEvents::entry)
            .toList());
  }

  private static JsonObject object(Entry entry) {
    return new JsonObject()
        .put("id", entry.id().toString())
        .put("event", entry.event())
        .put("primaryKey", entry.primaryKey())
        .put("payload", Buffer.buffer(entry.payload()));
  }

  private static Entry entry(JsonObject object) {
    Payloads fields = Payloads.of(object);
    return new Entry(
        id("id", fields.text("id")),
        fields.text("event"),
        fields.text("primaryKey"),
        fields
            .optionalBytes("payload")
            .orElseThrow(() -> refused("payload", "nothing", "a byte string")));
  }

  private static JsonObject fields(SyncCompaction event) {
    JsonObject fields = new JsonObject()
        .put("remoteId", text(event.remoteId()))
        .put("before", event.before())
        .put("after", event.after());
    if (!event.events().isEmpty()) {
      fields.put("events", new JsonArray(event.events()));
    }
    return fields.put("timestamp", event.timestamp());
  }

  private static SyncCompaction syncCompaction(Payloads fields) {
    return new SyncCompaction(
        remote("remoteId", fields.text("remoteId")),
        fields.whole("before"),
        fields.whole("after"),
        fields.optionalTexts("events").orElse(List.of()),
        fields.whole("timestamp"));
  }

  private static JsonObject fields(SyncStatus event) {
    JsonObject fields = new JsonObject();
    RemoteId remote = event.remoteId();
    put(fields, "remoteId", remote == null ? null : hex(remote));
    fields.put("url", event.url()).put("state", event.state());
    put(fields, "error", event.error());
    return fields.put("timestamp", event.timestamp());
  }

  private static SyncStatus syncStatus(Payloads fields) {
    return new SyncStatus(
        fields.optionalText("remoteId").map(text -> remote("remoteId", text)).orElse(null),
        fields.text("url"),
        fields.text("state"),
        fields.optionalText("error").orElse(null),
        fields.whole("timestamp"));
  }

  private static String text(@Nullable RemoteId remote) {
    return remote == null ? LOCAL : hex(remote);
  }

  private static String hex(RemoteId remote) {
    return HexFormat.of().formatHex(remote.toBytes());
  }

  /** Null for what is about the replica itself. */
  private static @Nullable RemoteId remote(String field, String text) {
    if (text.equals(LOCAL)) {
      return null;
    }
    byte[] bytes = sixteen(text);
    if (bytes.length == 0) {
      throw refused(field, text.length() + " characters", "32 hexadecimal digits, or " + LOCAL);
    }
    return RemoteId.of(bytes);
  }

  /** As UUID, which is how others write it too, or as digits only. */
  private static EntryId id(String field, String text) {
    byte[] bytes = sixteen(text);
    if (bytes.length > 0) {
      return EntryId.of(bytes);
    }
    try {
      if (text.length() == 36) {
        return EntryId.of(UUID.fromString(text));
      }
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw refused(field, text.length() + " characters", "a UUID");
  }

  /** The bytes that 32 hexadecimal digits stand for; none if it is something else. */
  private static byte[] sixteen(String text) {
    try {
      return text.length() == 2 * EntryId.SIZE ? HexFormat.of().parseHex(text) : new byte[0];
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static PayloadException refused(String field, String found, String allowed) {
    return new PayloadException(field + ": found " + found + ", allowed is " + allowed);
  }
}
