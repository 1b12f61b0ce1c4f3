package io.tributary.client.audit;

import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Something worth noting about what an agent did, or about a replica's syncing. */
public sealed interface AuditEvent {
  /** The event's tag in an audit log. */
  String tag();

  /** What was done about an entry that didn't simply become what stands for its key. */
  enum Decision {
    /** It stands instead of another. */
    ACCEPT,
    /** It was merged with what stood. */
    MERGE,
    /** It does not stand, or was refused. */
    REJECT;

    /** Its word in payloads. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Two entries were of one event and primary key.
   *
   * @param remoteId where the incoming one came from; null if it was written here
   * @param event the event's tag
   * @param primaryKey what both are about
   * @param entryId the incoming one's
   * @param conflictCount how many others it conflicted with, as far as was looked at; at least 1
   * @param decision what was done
   * @param resolvedEntryId which stands now
   * @param entry the incoming one; null unless asked for
   * @param conflicts the others; empty unless asked for
   */
  record SyncConflict(
      @Nullable RemoteId remoteId,
      String event,
      String primaryKey,
      EntryId entryId,
      int conflictCount,
      Decision decision,
      @Nullable EntryId resolvedEntryId,
      @Nullable Entry entry,
      List<Entry> conflicts)
      implements AuditEvent {
    @Override
    public String tag() {
      return "sync_conflict";
    }
  }

  /**
   * Entries of a remote were folded before they were handled, or retention removed some.
   *
   * @param remoteId where they came from; null for retention
   * @param before how many there were
   * @param after how many were handled instead, or stayed
   * @param events their tags, in no order
   * @param timestamp Unix milliseconds
   */
  record SyncCompaction(
      @Nullable RemoteId remoteId, long before, long after, List<String> events, long timestamp)
      implements AuditEvent {
    @Override
    public String tag() {
      return "sync_compaction";
    }
  }

  /**
   * A connection changed its state.
   *
   * @param remoteId null as long as it is not known
   * @param url without credentials
   * @param state its name in lower case
   * @param error why, if something went wrong
   * @param timestamp Unix milliseconds
   */
  record SyncStatus(
      @Nullable RemoteId remoteId,
      String url,
      String state,
      @Nullable String error,
      long timestamp) implements AuditEvent {
    @Override
    public String tag() {
      return "sync_status";
    }
  }

  /** How far the use of a tool has come. */
  enum ToolStatus {
    START,
    SUCCESS,
    FAILURE;

    /** Its word in payloads. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What was decided about the use of a tool. */
  enum Permission {
    ALLOW,
    DENY,
    /** Somebody was asked. */
    PROMPT;

    /** Its word in payloads. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How a hook ended. */
  enum HookOutcome {
    SUCCESS,
    FAILURE;

    /** Its word in payloads. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A tool was used.
   *
   * @param sessionId in which session
   * @param toolName which tool
   * @param toolUseId which use of it; null if it has no id
   * @param status how far it has come
   * @param durationMs how long it took, milliseconds, perhaps with a fraction; null if that isn't known
   */
  record ToolUse(
      String sessionId,
      String toolName,
      @Nullable String toolUseId,
      ToolStatus status,
      @Nullable Double durationMs)
      implements AuditEvent {
    @Override
    public String tag() {
      return "tool_use";
    }
  }

  /**
   * It was decided whether a tool may be used.
   *
   * @param sessionId in which session
   * @param toolName which tool
   * @param decision what was decided
   * @param reason why; null if nobody said
   */
  record PermissionDecision(
      String sessionId,
      String toolName,
      Permission decision,
      @Nullable String reason) implements AuditEvent {
    @Override
    public String tag() {
      return "permission_decision";
    }
  }

  /**
   * A hook ran.
   *
   * @param sessionId in which session; null outside of any
   * @param hook which: PreToolUse, PostToolUse, PostToolUseFailure, Notification, UserPromptSubmit,
   *     SessionStart, SessionEnd, Stop, SubagentStart, SubagentStop, PreCompact, PermissionRequest,
   *     Setup, TeammateIdle, TaskCompleted, or another one
   * @param toolUseId about which use of a tool; null if about none
   * @param outcome how it ended
   */
  record HookEvent(
      @Nullable String sessionId, String hook, @Nullable String toolUseId, HookOutcome outcome)
      implements AuditEvent {
    @Override
    public String tag() {
      return "hook_event";
    }
  }
}
