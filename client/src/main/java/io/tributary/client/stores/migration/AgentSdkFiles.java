package io.tributary.client.stores.migration;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * A directory to which the npm package effect-claude-agent-sdk wrote its stores: one file per key. Only
 * ever read. Blocks; for any thread.
 */
public final class AgentSdkFiles {
  /** Bytes that a journal may have; it is read piece by piece, but its ids are kept in memory. */
  public static final long MAX_JOURNAL = 1L << 30;

  /** Bytes that a row may have. */
  static final long MAX_ROW = 128L << 20;

  private final Path directory;
  private final SdkLayout layout;

  private AgentSdkFiles(Path directory, SdkLayout layout) {
    this.directory = directory;
    this.layout = layout;
  }

  /**
   * Looks whether there is something.
   *
   * @throws MigrationException if it is no such directory, or has nothing of that layout, or a journal is
   *     too large
   * @throws UncheckedIOException if it can't be read
   */
  public static AgentSdkFiles open(Path directory, SdkLayout layout) {
    if (!Files.exists(directory)) {
      throw new MigrationException("there is no directory " + directory);
    }
    if (!Files.isDirectory(directory)) {
      throw new MigrationException(directory + " is not a directory");
    }
    AgentSdkFiles files = new AgentSdkFiles(directory, layout);
    try {
      files.check();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  private void check() throws IOException {
    boolean some = false;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      for (Path file : all) {
        if (FileNames.key(name(file)).filter(layout::has).isPresent()) {
          some = true;
          break;
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    if (!some) {
      throw new MigrationException(
          directory + " has no stores of the npm SDK: no file is named after a key under "
              + layout.chat() + ", " + layout.artifacts() + " or " + layout.index()
              + ", or after one of " + String.join(", ", layout.journals()));
    }
    for (String journal : journals()) {
      long size = Files.size(file(journal));
      if (size > MAX_JOURNAL) {
        throw new MigrationException(
            "the journal " + journal + " has " + size + " bytes, allowed are " + MAX_JOURNAL);
      }
    }
  }

  SdkLayout layout() {
    return layout;
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private Path file(String key) {
    return directory.resolve(FileNames.of(key));
  }

  /** The keys of the journals that are there. */
  public List<String> journals() {
    return layout.journals().stream().filter(this::has).toList();
  }

  /** The keys of the identities that are there; what they are is not read. */
  public List<String> identities() {
    return layout.identities().stream().filter(this::has).toList();
  }

  /** Whether a key has a value. */
  boolean has(String key) {
    return Files.isRegularFile(file(key));
  }

  /** Begins to read a journal. */
  SdkJournal journal(String key, int maxPayload) throws IOException {
    InputStream in = Files.newInputStream(file(key));
    try {
      return SdkJournal.open(in, maxPayload);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /**
   * A row with something of its own.
   *
   * @param key where it is
   * @param kind what it is of
   * @param value empty if it can't be read
   */
  record RowFile(String key, SdkLayout.Row kind, Optional<JsonObject> value) {}

  /** Begins to read the rows, in no order. */
  @SuppressWarnings("StreamResourceLeak") // The rows close it.
  Rows rows() throws IOException {
    return new Rows(Files.newDirectoryStream(directory));
  }

  /** Reads rows. For one thread. */
  final class Rows implements Closeable {
    private final DirectoryStream<Path> stream;
    private final Iterator<Path> files;

    Rows(DirectoryStream<Path> stream) {
      this.stream = stream;
      files = stream.iterator();
    }

    /** The next row; empty at the end. */
    Optional<RowFile> next() throws IOException {
      try {
        while (files.hasNext()) {
          Path file = files.next();
          String key = FileNames.key(name(file)).orElse("");
          Optional<SdkLayout.Row> kind = layout.row(key);
          if (kind.isPresent() && Files.isRegularFile(file)) {
            return Optional.of(new RowFile(key, kind.get(), value(file)));
          }
        }
        return Optional.empty();
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    }

    private Optional<JsonObject> value(Path file) throws IOException {
      if (Files.size(file) > MAX_ROW) {
        return Optional.empty();
      }
      try {
        return Optional.of(new JsonObject(Buffer.buffer(Files.readAllBytes(file))));
      } catch (DecodeException | ClassCastException | NullPointerException e) {
        return Optional.empty();
      }
    }

    @Override
    public void close() throws IOException {
      stream.close();
    }
  }
}
