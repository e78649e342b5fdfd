/** A TCP proxy that misbehaves as networks do: it holds bytes back, loses connections without a word, is slow, moves. */

import { createServer, connect as dial, type Socket } from 'node:net'

/** One client's way to the target. */
interface Link {
  readonly client: Socket
  readonly target: Socket
  /** Neither end hears of the other again, and neither is told. */
  stranded: boolean
  /** Set between a request whose answer is to get lost and that answer. */
  losing: boolean
}

type Mode = 'pass' | 'hold' | 'swallow'

/** A proxy in front of one port of this machine. */
export interface TcpProxy {
  readonly port: number
  /** Back to normal: what was held is delivered; connections whose bytes were swallowed stay silent for ever. */
  pass(): void
  /** Holds all bytes back, as TCP does while packets get lost. */
  hold(): void
  /** Loses all bytes of every connection there is or comes, as behind a firewall that has forgotten them. */
  swallow(): void
  /** Answers arrive so many milliseconds late. */
  delay(milliseconds: number): void
  /** Once: the answer to the next request that contains the text is lost, and its connection cut or left silent. */
  loseAnswerTo(text: string, how: 'cut' | 'silent'): Promise<void>
  /** Sends new connections elsewhere and cuts those there are. */
  moveTo(port: number): void
  close(): Promise<void>
}

/** Starts a proxy on a free port. */
export const startProxy = (target: number): Promise<TcpProxy> =>
  new Promise((resolve) => {
    const links = new Set<Link>()
    let mode: Mode = 'pass'
    let late = 0
    let to = target
    let held: (() => void)[] = []
    let losing: { text: string; how: 'cut' | 'silent'; done: () => void } | undefined

    const cut = (link: Link): void => {
      link.client.destroy()
      link.target.destroy()
      links.delete(link)
    }
    /** One direction's bytes stay in order, whatever happens to them. */
    const forward = (link: Link, socket: Socket, chunk: Buffer, after: number): void => {
      const write = () => !link.stranded && socket.writable && socket.write(chunk)
      if (mode === 'swallow') link.stranded = true
      else if (mode === 'hold') held.push(write)
      else if (after > 0) setTimeout(write, after)
      else write()
    }
    const request = (link: Link, chunk: Buffer): void => {
      if (losing && chunk.includes(losing.text)) link.losing = true
      forward(link, link.target, chunk, 0)
    }
    const answer = (link: Link, chunk: Buffer): void => {
      if (!link.losing || !losing) return forward(link, link.client, chunk, late)
      const { how, done } = losing
      losing = undefined
      link.stranded = true
      if (how === 'cut') cut(link)
      done()
    }

    const server = createServer({ noDelay: true }, (client) => {
      const link: Link = { client, target: dial({ port: to, host: '127.0.0.1', noDelay: true }), stranded: false, losing: false }
      links.add(link)
      if (mode === 'swallow') link.stranded = true
      client.on('data', (chunk) => request(link, chunk as Buffer))
      link.target.on('data', (chunk) => answer(link, chunk as Buffer))
      client.on('error', () => undefined)
      link.target.on('error', () => undefined)
      client.on('close', () => cut(link))
      link.target.on('close', () => mode === 'pass' && !link.stranded && cut(link))
    })
    server.listen(0, '127.0.0.1', () =>
      resolve({
        port: (server.address() as { port: number }).port,
        pass: () => {
          mode = 'pass'
          late = 0
          for (const write of held.splice(0)) write()
        },
        hold: () => void (mode = 'hold'),
        swallow: () => {
          mode = 'swallow'
          held = []
          for (const link of links) link.stranded = true
        },
        delay: (milliseconds) => void (late = milliseconds),
        loseAnswerTo: (text, how) =>
          new Promise((done) => {
            losing = { text, how, done }
          }),
        moveTo: (port) => {
          to = port
          for (const link of links) cut(link)
        },
        close: () =>
          new Promise((done) => {
            for (const link of links) cut(link)
            server.close(() => done())
          }),
      }),
    )
  })
