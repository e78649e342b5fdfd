/** A TCP proxy that misbehaves as networks do: it holds bytes back, loses connections without a word, is slow, moves. */

import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'

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

class FaultyProxy implements TcpProxy {
  readonly #links = new Set<Link>()
  readonly #server = createServer({ noDelay: true }, (client) => this.#accept(client))
  #target: number
  #mode: Mode = 'pass'
  #late = 0
  #held: (() => void)[] = []
  #losing: { readonly text: string; readonly how: 'cut' | 'silent'; readonly done: () => void } | undefined

  constructor(target: number) {
    this.#target = target
  }

  listen(): Promise<this> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve(this)))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  pass(): void {
    this.#mode = 'pass'
    this.#late = 0
    for (const write of this.#held.splice(0)) write()
  }

  hold(): void {
    this.#mode = 'hold'
  }

  swallow(): void {
    this.#mode = 'swallow'
    this.#held = []
    for (const link of this.#links) link.stranded = true
  }

  delay(milliseconds: number): void {
    this.#late = milliseconds
  }

  loseAnswerTo(text: string, how: 'cut' | 'silent'): Promise<void> {
    return new Promise((done) => {
      this.#losing = { text, how, done }
    })
  }

  moveTo(port: number): void {
    this.#target = port
    for (const link of this.#links) this.#cut(link)
  }

  close(): Promise<void> {
    for (const link of this.#links) this.#cut(link)
    return new Promise((done) => this.#server.close(() => done()))
  }

  #accept(client: Socket): void {
    const target = dial({ port: this.#target, host: '127.0.0.1', noDelay: true })
    const link: Link = { client, target, stranded: this.#mode === 'swallow', losing: false }
    this.#links.add(link)
    client.on('data', (chunk) => this.#request(link, chunk as Buffer))
    target.on('data', (chunk) => this.#answer(link, chunk as Buffer))
    for (const socket of [client, target]) socket.on('error', () => undefined)
    client.on('close', () => this.#cut(link))
    target.on('close', () => this.#mode === 'pass' && !link.stranded && this.#cut(link))
  }

  #request(link: Link, chunk: Buffer): void {
    if (this.#losing && chunk.includes(this.#losing.text)) link.losing = true
    this.#forward(link, () => link.target.write(chunk))
  }

  #answer(link: Link, chunk: Buffer): void {
    if (!link.losing || !this.#losing) {
      this.#forward(link, () => link.client.write(chunk), this.#late)
      return
    }
    const { how, done } = this.#losing
    this.#losing = undefined
    link.stranded = true
    if (how === 'cut') this.#cut(link)
    done()
  }

  /** Each direction's bytes stay in order, whatever happens to them. */
  #forward(link: Link, write: () => unknown, after = 0): void {
    const writeUnlessLost = () => {
      if (!link.stranded) write()
    }
    if (this.#mode === 'swallow') link.stranded = true
    else if (this.#mode === 'hold') this.#held.push(writeUnlessLost)
    else if (after > 0) setTimeout(writeUnlessLost, after)
    else writeUnlessLost()
  }

  #cut(link: Link): void {
    // What is still to be delivered has nowhere to go.
    link.stranded = true
    link.client.destroy()
    link.target.destroy()
    this.#links.delete(link)
  }
}

/** Starts a proxy on a free port. */
export const startProxy = (target: number): Promise<TcpProxy> => new FaultyProxy(target).listen()
