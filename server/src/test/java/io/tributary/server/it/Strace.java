package io.tributary.server.it;

import static org.junit.jupiter.api.Assumptions.abort;

import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a traced hub asked the operating system, in the order in which it did. A sync counts from when it has returned, a
 * message from when it began to be sent: the tracer sees all threads' calls in one order.
 */
final class Strace {
  /** One thing that happened. */
  sealed interface Event {}

  /** A file was synced, or that failed. */
  record Sync(Path file, boolean succeeded) implements Event {}

  /** The hub sent a message. */
  record Sent(ServerMessage message) implements Event {}

  private static final Pattern SYNC = Pattern.compile(
      "^(\\d+) +(?:fsync|fdatasync|sync_file_range)\\(\\d+<([^>]*)>[^)]*\\) += (.*)");
  private static final Pattern SYNC_BEGUN = Pattern.compile(
      "^(\\d+) +(?:fsync|fdatasync|sync_file_range)\\(\\d+<([^>]*)>[^)]* <unfinished \\.\\.\\.>");
  private static final Pattern SYNC_ENDED = Pattern.compile(
      "^(\\d+) +<\\.\\.\\. (?:fsync|fdatasync|sync_file_range) resumed>.*\\) += (.*)");
  private static final Pattern WRITE = Pattern.compile(
      "^\\d+ +(?:write|writev|sendto|sendmsg)\\(\\d+<" + Pattern.quote(hex("socket:")));
  private static final Pattern BYTES = Pattern.compile("\"((?:\\\\x[0-9a-f]{2})*)\"");
  private static final Pattern ENDED = Pattern.compile("^(\\d+) +\\+\\+\\+ .*");

  private Strace() {}

  /** Skips the test, so that nobody overlooks it, where there is no tracing. */
  static void needed() {
    String reason = null;
    try {
      int exit = new ProcessBuilder(
              "strace", "-D", "-f", "--seccomp-bpf", "-o", "/dev/null", "true")
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
      if (exit != 0) {
        reason = "strace may not trace processes here, it ends with " + exit;
      }
    } catch (IOException e) {
      reason = "there is no strace: " + e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    if (reason != null) {
      // .ci/run looks for this line
      System.err.println("STRACE TESTS SKIPPED: " + reason);
      abort(reason);
    }
  }

  /** A command that runs another and writes to a file what {@link #read} reads. */
  static List<String> command(Path trace, String... more) {
    List<String> command = new ArrayList<>(List.of("strace", "-D", "-f", "-y", "-xx"));
    // only the calls named stop the process
    command.add("--seccomp-bpf");
    command.addAll(List.of("-s", "1024", "-o", trace.toString(), "-e"));
    command.add("trace=fsync,fdatasync,sync_file_range,write,writev,sendto,sendmsg");
    command.addAll(List.of(more));
    return command;
  }

  /** Whether the trace of a process is complete: the process has ended. */
  static boolean isComplete(Path trace, long pid) {
    return lines(trace).stream()
        .map(ENDED::matcher)
        .anyMatch(line -> line.matches() && Long.parseLong(line.group(1)) == pid);
  }

  /** The events so far. */
  static List<Event> read(Path trace) {
    List<Event> events = new ArrayList<>();
    Map<String, Path> syncing = new HashMap<>();
    for (String line : lines(trace)) {
      Matcher sync = SYNC.matcher(line);
      Matcher begun = SYNC_BEGUN.matcher(line);
      Matcher ended = SYNC_ENDED.matcher(line);
      if (sync.find()) {
        events.add(new Sync(path(sync.group(2)), sync.group(3).equals("0")));
      } else if (begun.find()) {
        syncing.put(begun.group(1), path(begun.group(2)));
      } else if (ended.find()) {
        events.add(new Sync(syncing.remove(ended.group(1)), ended.group(2).equals("0")));
      } else if (WRITE.matcher(line).find()) {
        messages(bytes(line)).forEach(message -> events.add(new Sent(message)));
      }
    }
    return events;
  }

  private static List<String> lines(Path trace) {
    try {
      return Files.readAllLines(trace);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String hex(String text) {
    return HexFormat.of().withPrefix("\\x").formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] fromHex(String printed) {
    return HexFormat.of().parseHex(printed.replace("\\x", ""));
  }

  private static Path path(String printed) {
    return Path.of(new String(fromHex(printed), StandardCharsets.UTF_8));
  }

  private static byte[] bytes(String line) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Matcher part = BYTES.matcher(line); part.find(); ) {
      all.writeBytes(fromHex(part.group(1)));
    }
    return all.toByteArray();
  }

  /** The messages in unmasked binary WebSocket frames of up to 125 bytes; nothing if they are something else. */
  private static List<ServerMessage> messages(byte[] bytes) {
    List<ServerMessage> messages = new ArrayList<>();
    int at = 0;
    while (at + 2 <= bytes.length
        && bytes[at] == (byte) 0x82
        && bytes[at + 1] >= 0
        && bytes[at + 1] <= 125) {
      int end = at + 2 + bytes[at + 1];
      try {
        messages.add(V3Codec.decodeServer(Arrays.copyOfRange(bytes, at + 2, end)));
      } catch (MalformedMessageException e) {
        throw new IllegalStateException("sent " + HexFormat.of().formatHex(bytes), e);
      }
      at = end;
    }
    return messages;
  }
}
