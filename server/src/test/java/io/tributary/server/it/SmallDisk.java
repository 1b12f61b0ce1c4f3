package io.tributary.server.it;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk of a few MiB that can really be full, or read-only. */
final class SmallDisk implements AutoCloseable {
  private final Path mountPoint;

  private SmallDisk(Path mountPoint) {
    this.mountPoint = mountPoint;
  }

  /** Mounts one on an empty directory; skips the test, so that nobody overlooks it, where that isn't allowed. */
  static SmallDisk mount(Path mountPoint, int mebibytes) {
    int exit = run(
        "mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", mountPoint.toString());
    if (exit != 0) {
      String reason = "only root may mount the small disk they need (mount ends with " + exit + ")";
      System.err.println("MOUNT TESTS SKIPPED: " + reason);
      abort(reason);
    }
    return new SmallDisk(mountPoint);
  }

  /** Takes so much of its room. */
  void occupy(int mebibytes) throws IOException {
    fill((long) mebibytes << 20);
  }

  /** Takes its room but for so much. */
  void occupyAllBut(int mebibytes) throws IOException {
    fill(Files.getFileStore(mountPoint).getUsableSpace() - ((long) mebibytes << 20));
  }

  private void fill(long bytes) throws IOException {
    try (OutputStream filler = Files.newOutputStream(mountPoint.resolve("filler"))) {
      for (long left = bytes; left > 0; left -= 4096) {
        filler.write(new byte[4096]);
      }
    }
  }

  /** Gives back the room. */
  void makeRoom() throws IOException {
    Files.delete(mountPoint.resolve("filler"));
  }

  void makeReadOnly() {
    int exit = run("mount", "-o", "remount,ro", mountPoint.toString());
    if (exit != 0) {
      throw new IllegalStateException("remount ends with " + exit);
    }
  }

  private static int run(String... command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    int exit = run("umount", mountPoint.toString());
    if (exit != 0) {
      throw new IllegalStateException("umount ends with " + exit);
    }
  }
}
