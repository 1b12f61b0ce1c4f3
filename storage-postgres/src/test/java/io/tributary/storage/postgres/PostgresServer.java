package io.tributary.storage.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * A real PostgreSQL server for tests, from programs that the build has brought: made, started,
 * stopped and killed as the test wants. Commits are synced to the disk, as an operator would have
 * it.
 */
public final class PostgresServer implements AutoCloseable {
  /** Which programs. */
  public enum Version {
    /** The newest there is. */
    NEWEST,
    /** The oldest that is supported. */
    OLDEST
  }

  private static final long PATIENCE_SECONDS = 120;

  private final Path programs;
  private final Path directory;
  private final Path data;
  private final int port;
  private final List<String> settings;
  private Process process;

  private PostgresServer(
      Path programs, Path directory, Path data, int port, List<String> settings) {
    this.programs = programs;
    this.directory = directory;
    this.data = data;
    this.port = port;
    this.settings = settings;
  }

  /** Makes a server with an empty database cluster, and starts it. */
  public static PostgresServer start(Version version, String... settings) throws Exception {
    Path directory = newDirectory();
    return start(version, directory, directory.resolve("data"), List.of(), List.of(settings));
  }

  /** {@link #start(Version, String...)} with all but the write-ahead log on a small disk. */
  public static PostgresServer startWithDataOn(Path disk) throws Exception {
    Path directory = newDirectory();
    List<String> log = List.of("--waldir", directory.resolve("wal").toString());
    return start(Version.NEWEST, directory, disk.resolve("data"), log, List.of());
  }

  /** {@link #start(Version, String...)} with the write-ahead log, in files of 1 MiB, on a small disk. */
  public static PostgresServer startWithLogOn(Path disk) throws Exception {
    Path directory = newDirectory();
    List<String> log = List.of("--waldir", disk.resolve("wal").toString(), "--wal-segsize", "1");
    // No checkpoint gives room back by itself.
    List<String> settings =
        List.of("min_wal_size=2MB", "max_wal_size=1GB", "checkpoint_timeout=1h");
    return start(Version.NEWEST, directory, directory.resolve("data"), log, settings);
  }

  private static PostgresServer start(
      Version version, Path directory, Path data, List<String> init, List<String> settings)
      throws Exception {
    PostgresServer server =
        new PostgresServer(programs(version), directory, data, freePort(), settings);
    List<String> arguments = new ArrayList<>(List.of(
        "-D",
        data.toString(),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-instructions",
        // What is there before the first start outlives anything but the machine.
        "--no-sync"));
    arguments.addAll(init);
    server.run("initdb", arguments);
    server.start();
    return server;
  }

  private static Path newDirectory() throws IOException {
    return Files.createTempDirectory(Files.createDirectories(target("data")), "pg-");
  }

  private static Path target(String name) {
    return Path.of("target", "postgres", name).toAbsolutePath();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Where the programs are; the first call of a build unpacks them. */
  private static synchronized Path programs(Version version) throws IOException {
    String name = "postgres-" + version.name().toLowerCase(java.util.Locale.ROOT);
    Path unpacked = target(name);
    if (!Files.exists(unpacked)) {
      Path servers = Path.of(System.getProperty("tributary.postgres.servers", "target/servers"));
      Path partial = Files.createTempDirectory(Files.createDirectories(target("partial")), "p-");
      try (ZipInputStream jar =
          new ZipInputStream(Files.newInputStream(servers.resolve(name + ".jar")))) {
        for (ZipEntry entry = jar.getNextEntry(); entry != null; entry = jar.getNextEntry()) {
          if (entry.getName().endsWith(".txz")) {
            unpack(jar, partial);
          }
        }
      }
      Files.move(partial, unpacked, StandardCopyOption.ATOMIC_MOVE);
    }
    return unpacked;
  }

  private static void unpack(InputStream archive, Path directory) throws IOException {
    TarArchiveInputStream tar =
        new TarArchiveInputStream(new BufferedInputStream(new XZInputStream(archive), 1 << 16));
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      Path path = directory.resolve(entry.getName()).normalize();
      if (entry.isDirectory()) {
        Files.createDirectories(path);
        continue;
      }
      Files.createDirectories(path.getParent());
      if (entry.isSymbolicLink()) {
        Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
      } else if (entry.isLink()) {
        Files.copy(directory.resolve(entry.getLinkName()), path);
      } else {
        Files.copy(tar, path);
        if ((entry.getMode() & 0100) != 0) {
          Set<PosixFilePermission> permissions = EnumSet.of(
              PosixFilePermission.OWNER_READ,
              PosixFilePermission.OWNER_WRITE,
              PosixFilePermission.OWNER_EXECUTE,
              PosixFilePermission.GROUP_READ,
              PosixFilePermission.GROUP_EXECUTE,
              PosixFilePermission.OTHERS_READ,
              PosixFilePermission.OTHERS_EXECUTE);
          Files.setPosixFilePermissions(path, permissions);
        }
      }
    }
  }

  /** PostgreSQL refuses to be root; in a user namespace of its own nobody is. */
  private List<String> command(String program, List<String> arguments) {
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(programs.resolve("bin").resolve(program).toString());
    command.addAll(arguments);
    return command;
  }

  private void run(String program, List<String> arguments) throws Exception {
    Path output = directory.resolve(program + ".log");
    Process running = new ProcessBuilder(command(program, arguments))
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
    if (!running.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || running.exitValue() != 0) {
      throw new IllegalStateException(program + " failed: " + Files.readString(output));
    }
  }

  /** Starts it again after {@link #stop} or {@link #kill}; returns once it takes connections. */
  public void start() throws Exception {
    List<String> arguments = new ArrayList<>(List.of(
        "-D",
        data.toString(),
        "-p",
        Integer.toString(port),
        "-k",
        "",
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "max_connections=100",
        "-c",
        "lc_messages=C"));
    settings.forEach(setting -> arguments.addAll(List.of("-c", setting)));
    Path log = directory.resolve("server.log");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      process = new ProcessBuilder(command("postgres", arguments))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
          .start();
      while (process.isAlive() && !isReady()) {
        if (System.nanoTime() > deadline) {
          process.destroyForcibly();
          throw new IllegalStateException("not started: " + Files.readString(log));
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
      if (process.isAlive()) {
        return;
      }
      // What a killed one left may still be ending.
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("not started: " + Files.readString(log));
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private boolean isReady() throws IOException {
    Path pid = data.resolve("postmaster.pid");
    try {
      List<String> lines = Files.readAllLines(pid);
      return lines.size() >= 8
          && lines.get(0).strip().equals(Long.toString(process.pid()))
          && lines.get(7).strip().equals("ready");
    } catch (java.nio.file.NoSuchFileException e) {
      return false;
    }
  }

  /** Ends it in order; connections are ended. */
  public void stop() throws IOException {
    // SIGINT, a fast shutdown; Java sends only SIGTERM, which waits for clients.
    Process unused = new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start();
    Process unusedEnd = process.onExit().join();
  }

  /** Kills the server and its connections, as the sudden end of the machine would. */
  public void kill() {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    Process unusedEnd = process.onExit().join();
    for (ProcessHandle child : children) {
      ProcessHandle unusedChild = child.onExit().join();
    }
  }

  /** The port, also over restarts. */
  public int port() {
    return port;
  }

  /** For {@code storage.postgres.uri}. */
  public String uri() {
    return "postgresql://postgres@127.0.0.1:" + port + "/postgres";
  }

  /** What it wrote to its log. */
  public String log() throws IOException {
    return Files.readString(directory.resolve("server.log"));
  }

  /** Whether it runs: it ends by itself if there is no room for its write-ahead log. */
  public boolean isRunning() {
    return process.isAlive();
  }

  /** Ends it and removes its data, but for what is on a disk of the caller's. */
  @Override
  public void close() throws IOException {
    if (process.isAlive()) {
      kill();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
