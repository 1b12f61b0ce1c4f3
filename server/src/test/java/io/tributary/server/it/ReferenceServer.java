package io.tributary.server.it;

import java.time.Duration;

/** The npm package's own server on its memory storage. */
final class ReferenceServer implements Hub {
  private final ReadyLine ready = new ReadyLine();
  private final ChildProcess process;
  private final int port;

  ReferenceServer() {
    process = ChildProcess.start(
        "reference server",
        NodeEnvironment.script("reference-server.mjs", "0"),
        ready::read,
        ready::end);
    port = ready.awaitPort(process, Duration.ofSeconds(30));
  }

  @Override
  public String url(String tenant) {
    return "ws://127.0.0.1:" + port + "/event-log/" + tenant;
  }

  @Override
  public void close() {
    process.kill();
  }
}
