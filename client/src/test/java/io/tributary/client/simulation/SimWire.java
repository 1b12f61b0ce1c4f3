package io.tributary.client.simulation;

import io.tributary.client.sync.Connector;
import io.tributary.client.sync.Link;
import io.tributary.client.sync.LinkListener;
import java.util.ArrayDeque;

/**
 * One connection: frames take their time, in order each way, until it is cut. Other connections'
 * frames overtake them.
 */
final class SimWire implements Link {
  /** Frames under way to a replica beyond which the hub's socket is full. */
  private static final int FULL = 6;

  private final World world;
  private final LinkListener replica;
  private final SimHub.Session hub;
  private final int latency;
  private final ArrayDeque<byte[]> held = new ArrayDeque<>();
  private boolean paused;
  private boolean over;
  private boolean listenerToldOver;
  private int underWay;
  private boolean wasFull;
  private long lastToReplica;
  private long lastToHub;

  /** Frames that reached the replica, over all connections: what a reconnect costs. */
  static final class Counter {
    long bytesToReplica;
    long connections;
  }

  private final Counter counter;

  private SimWire(World world, SimHub hub, LinkListener replica, Counter counter) {
    this.world = world;
    this.replica = replica;
    this.counter = counter;
    this.latency = 1 + world.random.nextInt(60);
    this.hub = hub.accept(this);
    counter.connections++;
  }

  /** Connections to {@code hub}; while {@code down} says so, none succeeds. */
  static Connector connector(
      World world,
      SimHub hub,
      java.util.function.BooleanSupplier down,
      Counter counter,
      java.util.function.Consumer<SimWire> opened) {
    return new Connector() {
      @Override
      public String url() {
        return "sim://hub/t";
      }

      @Override
      public void connect(LinkListener listener) {
        world.soon(40, () -> {
          if (down.getAsBoolean()) {
            listener.failed(false, "no network");
            return;
          }
          SimWire wire = new SimWire(world, hub, listener, counter);
          listener.opened(wire);
          wire.hub.machine.open();
          opened.accept(wire);
        });
      }
    };
  }

  boolean hubMayWrite() {
    wasFull = wasFull || underWay >= FULL;
    return underWay < FULL;
  }

  void toReplica(byte[] frame) {
    if (over) {
      return;
    }
    underWay++;
    lastToReplica = Math.max(lastToReplica, world.now() + delay());
    world.in(lastToReplica - world.now(), () -> {
      underWay--;
      if (!over) {
        if (paused) {
          held.add(frame);
        } else {
          deliver(frame);
        }
        if (wasFull && underWay < FULL / 2) {
          wasFull = false;
          hub.machine.onWritable();
        }
      }
    });
  }

  private void deliver(byte[] frame) {
    counter.bytesToReplica += frame.length;
    replica.frame(frame);
  }

  private long delay() {
    return latency + (world.chance(20) ? world.random.nextInt(2_000) : 0L);
  }

  /** The connection ends for both, each learning of it in its own time; what is under way is lost. */
  void cut(int code, String reason) {
    if (over) {
      return;
    }
    over = true;
    world.soon(200, hub::gone);
    world.soon(200, () -> tellOver(code, reason));
  }

  void closedByHub(int code, String reason) {
    cut(code, reason);
  }

  private void tellOver(int code, String reason) {
    if (!listenerToldOver) {
      listenerToldOver = true;
      replica.closed(code, reason);
    }
  }

  @Override
  public void send(byte[] frame) {
    if (over) {
      return;
    }
    lastToHub = Math.max(lastToHub, world.now() + delay());
    world.in(lastToHub - world.now(), () -> {
      if (!over) {
        hub.machine.onFrame(frame, world.now());
      }
    });
  }

  @Override
  public boolean isFull() {
    return false;
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
    world.in(0, () -> {
      while (!paused && !over && !held.isEmpty()) {
        deliver(held.remove());
      }
    });
  }

  @Override
  public void close(int code, String reason) {
    cut(code, reason);
  }
}
