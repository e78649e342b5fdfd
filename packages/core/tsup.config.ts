import { library } from '../../tsup.config.base.js'

/** The two platforms are entries of their own: `imports` of package.json lets the runtime choose. */
export default library({
  index: 'src/index.ts',
  audit: 'src/audit/index.ts',
  http: 'src/http/index.ts',
  'platform/node': 'src/platform/node.ts',
  'platform/web': 'src/platform/web.ts',
})
