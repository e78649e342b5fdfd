import { library } from '../../tsup.config.base.js'

export default library(
  {
    index: 'src/index.ts',
    http: 'src/http/index.ts',
    'platform/node': 'src/platform/node.ts',
    'platform/web': 'src/platform/web.ts',
  },
  // Chosen by the runtime, through `imports` of package.json.
  { external: ['#platform', 'node:crypto'] },
)
